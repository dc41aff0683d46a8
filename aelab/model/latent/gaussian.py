"""The code of a variational autoencoder: a draw from a normal distribution."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from aelab.model.autoencoder import Latent
from aelab.precision import single


class Gaussian(Latent):
    """z = μ + σ ⊙ ε,  ε ~ N(0, I),  h = (μ, log σ²): a draw from q(z given x) = N(μ, diag σ²)

    In use, z = μ.     [Kingma & Welling 2014, sec. 2.4]

    variance: a σ² for every code and coordinate; then h = μ. None: of the encoder.
    std: about what σ begins at, with an encoder of random weights: h = (μ, log σ² − 2 log std).
    """

    gives = ("z", "mean", "logvar", "q")

    def __init__(self, dim: int, variance: float | None = None, std: float = 1.0) -> None:
        super().__init__(dim)
        for name, value in {"variance": variance, "std": std}.items():
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be positive, got {value}")
        self.begins = 2 * math.log(std)
        self.logvar = None if variance is None else math.log(variance)

    @property
    def width(self) -> int:
        return 2 * self.dim if self.logvar is None else self.dim

    def forward(self, h: Tensor) -> dict[str, Any]:
        h = single(h)  # in bf16, μ + σε of a small σ is mostly μ, and log q a tenth of a nat off
        mean, logvar = h.chunk(2, dim=1) if self.logvar is None else (h, torch.full_like(h, self.logvar))
        if self.logvar is None and self.begins:
            logvar = logvar + self.begins
        std = torch.exp(0.5 * logvar)
        z = mean + std * torch.randn_like(mean)
        return {"z": z, "mean": mean, "logvar": logvar, "q": diagonal(mean, std)}

    def settled(self, code: dict[str, Any]) -> Tensor:
        return code["mean"]


def diagonal(mean: Tensor, std: Tensor) -> Independent:
    """N(mean, diag std²) over [b, d]."""
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)
