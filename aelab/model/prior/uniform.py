"""The uniform prior on a cube."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent
from torch.distributions import Uniform as Flat

from aelab.errors import at_least
from aelab.model.autoencoder import Prior


class Uniform(Prior):
    """p(z) = U[−a, a]^d

    Its density is 0 outside, so that the KL divergence of a normal posterior from it is infinite.

    bound: a.
    """

    dense = False

    def __init__(self, dim: int, bound: float) -> None:
        super().__init__()
        at_least(dim=(dim, 1))
        if not 0 < bound < math.inf:
            raise ValueError(f"bound must be positive and finite, got {bound}")
        self.high: Tensor  # [d]
        self.register_buffer("high", torch.full((dim,), float(bound)), persistent=False)

    def given(self, c: Tensor | None = None) -> Distribution:
        return Independent(Flat(-self.high, self.high, validate_args=False), 1, validate_args=False)
