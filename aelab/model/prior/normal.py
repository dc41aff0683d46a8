"""The standard normal prior."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent
from torch.distributions import Normal as Gaussian

from aelab.errors import at_least
from aelab.model.autoencoder import Prior


class Normal(Prior):
    """p(z) = N(0, I)"""

    def __init__(self, dim: int) -> None:
        super().__init__()
        at_least(dim=(dim, 1))
        self.mean: Tensor  # [d]
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(dim), persistent=False)
        self.register_buffer("std", torch.ones(dim), persistent=False)

    def given(self, c: Tensor | None = None) -> Distribution:
        return Independent(Gaussian(self.mean, self.std, validate_args=False), 1, validate_args=False)
