"""Masking noise."""

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption


class Masking(Corruption):
    """x̃ = x with every entry set to 0 with probability ν, the strength     [Vincent et al. 2008, sec. 2.3]"""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(torch.rand_like(x) < self.strength, 0.0, x)
