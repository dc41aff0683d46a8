"""The standard normal prior."""

import math

import torch
from torch import Tensor

from aelab.model.autoencoder import Prior


class Normal(Prior):
    """p(z) = N(0, I)"""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.zero: Tensor  # knows the device
        self.register_buffer("zero", torch.zeros(()), persistent=False)

    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        return torch.randn(n, self.dim, device=self.zero.device)

    def log_prob(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """−½ Σ_d (z² + log 2π), [b, d] -> [b]"""
        return -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
