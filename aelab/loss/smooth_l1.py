"""Squared near zero, absolute beyond."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Term, per_sample
from aelab.schedule import Number


class SmoothL1(Term):
    """Σ_i e_i²/(2β) where |e_i| < β, else |e_i| − β/2, with e = x̂ − x     [Girshick 2015, eq. 3]"""

    over_pixels = True

    def __init__(self, beta: float, weight: Number) -> None:
        super().__init__(weight)
        if beta <= 0:
            raise ValueError(f"beta must be positive, got {beta}; loss=l1 is its limit at 0")
        self.beta = beta

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return per_sample(F.smooth_l1_loss(x_hat, x, reduction="none", beta=self.beta))  # [b]
