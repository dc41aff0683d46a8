"""The code of a variational autoencoder: a draw from a normal distribution."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from aelab.model.autoencoder import Latent


class Gaussian(Latent):
    """z = μ + σ ⊙ ε,  ε ~ N(0, I),  h = (μ, log σ²): a draw from q(z given x) = N(μ, diag σ²)

    In use, z = μ.     [Kingma & Welling 2014, sec. 2.4]
    """

    gives = ("z", "mean", "logvar", "q")

    @property
    def width(self) -> int:
        return 2 * self.dim

    def forward(self, h: Tensor) -> dict[str, Any]:
        mean, logvar = h.chunk(2, dim=1)  # each [b, d]
        std = torch.exp(0.5 * logvar)
        z = mean + std * torch.randn_like(mean)
        return {"z": z, "mean": mean, "logvar": logvar, "q": diagonal(mean, std)}

    def settled(self, code: dict[str, Any]) -> Tensor:
        return code["mean"]


def diagonal(mean: Tensor, std: Tensor) -> Independent:
    """N(mean, diag std²) over [b, d]."""
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)
