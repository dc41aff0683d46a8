"""Additive Gaussian noise."""

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption


class Gaussian(Corruption):
    """x̃ = x + σε,  ε ~ N(0, I); strength is σ, in model units     [Vincent et al. 2010, sec. 3.3]"""

    limits = (0.0, float("inf"))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.strength * torch.randn_like(x)
