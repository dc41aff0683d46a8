"""The maximum correntropy criterion: a squared error that gives up on outliers."""

from math import inf
from typing import cast

import torch
from torch import Tensor

from aelab.loss.term import Term, per_sample
from aelab.schedule import Number, numbers


class Correntropy(Term):
    """2σ² Σ_i (1 − exp(−e_i²/2σ²)),  e = x̂ − x     [Qi et al. 2014]

    Their −Σ_i K_σ(e_i), with K_σ the normal density, times 2√(2π) σ³, plus a constant: so scaled, e² for
    errors far below σ, which is `mse` for σ -> ∞, and one learning rate suits every σ.

    sigma: errors far above it have no gradient, so begin with a wide one where most are large.
    """

    over_pixels = True

    def __init__(self, sigma: Number, weight: Number) -> None:
        super().__init__(weight)
        if not all(0 < value < inf for value in numbers(sigma)):
            raise ValueError(f"sigma must be positive and finite, got {sigma}; loss=mse is its limit")
        self.sigma = cast(float, sigma)  # the clock puts a number where a schedule stands

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        scale = 2 * self.sigma**2
        return per_sample(-scale * torch.expm1((x_hat - x).square() / -scale))  # [b]
