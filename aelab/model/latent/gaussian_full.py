"""The code of a variational autoencoder whose posterior has a full covariance."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal
from torch.distributions.kl import register_kl

from aelab.model.autoencoder import Latent
from aelab.precision import single


class GaussianFull(Latent):
    """z = μ + Lε,  ε ~ N(0, I),  Σ = LLᵀ: a draw from q(z given x) = N(μ, Σ)

    h = (μ, log σ, L'): L is lower triangular, σ its diagonal and L' what is below.  In use, z = μ.
    [Kingma & Welling 2019, sec. 2.5.1]
    """

    gives = ("z", "mean", "logvar", "q")

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.below: Tensor  # [2, d(d − 1)/2]
        self.register_buffer("below", torch.tril_indices(dim, dim, -1), persistent=False)

    @property
    def width(self) -> int:
        return 2 * self.dim + self.below.shape[1]

    def forward(self, h: Tensor) -> dict[str, Any]:
        mean, log_std, off = single(h).split([self.dim, self.dim, self.below.shape[1]], dim=1)
        tril = torch.diag_embed(log_std.exp())  # [b, d, d]
        tril[:, self.below[0], self.below[1]] = off
        z = mean + (tril @ torch.randn_like(mean)[:, :, None]).squeeze(2)
        logvar = tril.square().sum(2).log()  # of Σ_dd
        q = MultivariateNormal(mean, scale_tril=tril, validate_args=False)
        return {"z": z, "mean": mean, "logvar": logvar, "q": q}

    def settled(self, code: dict[str, Any]) -> Tensor:
        return code["mean"]


@register_kl(MultivariateNormal, Independent)
def kl_full_diagonal(q: MultivariateNormal, p: Independent) -> Tensor:
    """KL( N(μ, LLᵀ) ‖ N(m, diag s²) )

    = ½ Σ_d ( (Σ_j L_dj² + (μ_d − m_d)²)/s_d² + log s_d² − 1 ) − Σ_d log L_dd
    """
    mean, std, tril = p.mean, p.stddev, q.scale_tril
    squares = (tril.square().sum(-1) + (q.loc - mean).square()) / std.square()  # [b, d]
    return (0.5 * (squares - 1) + std.log() - tril.diagonal(dim1=-2, dim2=-1).log()).sum(-1)


@register_kl(Independent, MultivariateNormal)
def kl_diagonal_full(p: Independent, q: MultivariateNormal) -> Tensor:
    """KL( N(m, diag s²) ‖ N(μ, LLᵀ) ) = ½ ( ‖L⁻¹ diag s‖² + ‖L⁻¹(μ − m)‖² − d ) + Σ_d log L_dd − log s_d"""
    mean, std = (part.expand(q.loc.shape) for part in (p.mean, p.stddev))
    sides = torch.cat([torch.diag_embed(std), (q.loc - mean).unsqueeze(-1)], dim=-1)  # [b, d, d + 1]
    solved = torch.linalg.solve_triangular(q.scale_tril, sides, upper=False)
    logs = q.scale_tril.diagonal(dim1=-2, dim2=-1).log() - std.log()
    return 0.5 * (solved.square().sum((-2, -1)) - std.shape[-1]) + logs.sum(-1)
