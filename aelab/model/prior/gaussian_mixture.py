"""A prior of several normal distributions."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, MultivariateNormal
from torch.distributions import Normal as Gaussian

from aelab.errors import at_least
from aelab.model.autoencoder import Prior

Covariance = Literal["full", "tied", "diagonal", "spherical"]


class GaussianMixture(Prior):
    """p(z) = Σ_k π_k N(m_k, Σ_k),  m_k = radius · u_k,  u_k = (cos 2πk/K, sin 2πk/K, 0, ..., 0)

    Fixed, π_k = 1/K and component k has the standard deviation `along` in the direction u_k, `across` at a
    right angle to it in the plane of the circle and 1 in every further coordinate.
    [Makhzani et al. 2016, fig. 4: 10 components]

    learned: π, m and Σ come from the codes, from the circle and Σ = along² I on: by a stage `em`, or trained
        with the nets by the terms that take the density, `kl`, by draws, `iwae` and `log_density`; for `mmd`
        and `adversarial` they stay.
    components: K.
    covariance: what Σ_k is, learned: any matrix (`full`), one that all components share (`tied`), a
        `diagonal` one, or σ_k² I (`spherical`).
    """

    def __init__(
        self,
        dim: int,
        components: int,
        learned: bool,
        covariance: Covariance,
        radius: float,
        along: float,
        across: float,
    ) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"stands around a circle, in a code of at least 2 numbers, got dim={dim}")
        at_least(components=(components, 1))
        for name, value in (("radius", radius), ("along", along), ("across", across)):
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}")
        angle = 2 * math.pi * torch.arange(components) / components
        mean = torch.zeros(components, dim)  # [K, d]
        mean[:, 0], mean[:, 1] = angle.cos(), angle.sin()
        self.learned, self.components = learned, components
        self.covariance: Covariance = covariance
        self.mean: Tensor
        self.logits: Tensor  # [K] log π_k, and any constant
        # Σ_k = L_k L_kᵀ, L_k = diag(e^log_std) + what `lower` has below its diagonal; shared, it is of size 1
        self.log_std: Tensor  # [K or 1, d or 1]
        self.lower: Tensor | None  # [K or 1, d, d]; none where L is diagonal
        start: dict[str, Tensor | None] = {"mean": radius * mean, "logits": torch.zeros(components)}
        if learned:
            k, d = 1 if covariance == "tied" else components, 1 if covariance == "spherical" else dim
            start["log_std"] = torch.full((k, d), math.log(along))
            start["lower"] = torch.zeros(k, dim, dim) if covariance in ("full", "tied") else None
            self.register_buffer("circle", radius * mean, persistent=False)
        else:
            turned = torch.eye(dim).repeat(components, 1, 1)  # columns: u_k, the one at a right angle, others
            turned[:, :2, 0] = mean[:, :2]
            turned[:, :2, 1] = torch.stack([-mean[:, 1], mean[:, 0]], dim=1)
            std = torch.tensor([along, across, *[1.0] * (dim - 2)])
            tril = torch.linalg.cholesky((turned * std**2) @ turned.mT)
            start |= {"log_std": tril.diagonal(dim1=1, dim2=2).log(), "lower": tril}
        for name, value in start.items():
            if learned:
                self.register_parameter(name, None if value is None else nn.Parameter(value))
            else:
                self.register_buffer(name, value, persistent=False)

    @property
    def fitted(self) -> bool:
        return self.learned and not torch.equal(self.mean, self.get_buffer("circle"))

    def given(self, c: Tensor | None = None) -> Distribution:
        if self.lower is None:
            std = self.log_std.exp().expand_as(self.mean)
            parts = Independent(Gaussian(self.mean, std, validate_args=False), 1, validate_args=False)
        else:
            parts = MultivariateNormal(self.mean, scale_tril=self.scale_tril, validate_args=False)
        weights = Categorical(logits=self.logits, validate_args=False)
        return MixtureSameFamily(weights, parts, validate_args=False)

    @property
    def scale_tril(self) -> Tensor:
        """L [K, d, d]"""
        diagonal = torch.diag_embed(self.log_std.exp().expand_as(self.mean))
        return diagonal if self.lower is None else self.lower.tril(-1) + diagonal

    def log_joint(self, z: Tensor) -> Tensor:
        """log π_k N(z_i; m_k, Σ_k), z [n, d] -> [n, K]"""
        p = self.given()
        assert isinstance(p, MixtureSameFamily)
        return p.mixture_distribution.logits + p.component_distribution.log_prob(z[:, None])

    @property
    def centroids(self) -> Tensor:
        """m [K, d]"""
        return self.mean

    def assign(self, z: Tensor) -> Tensor:
        """r_ik = π_k N(z_i; m_k, Σ_k) / p(z_i), z [n, d] -> [n, K]"""
        return self.log_joint(z).softmax(1)

    @torch.no_grad()
    def write(self, weights: Tensor, mean: Tensor, covariance: Tensor) -> None:
        """Take over π [K], m [K, d] and Σ: full [K, d, d], tied [d, d], diagonal [K, d] or spherical [K].

        Raises ArithmeticError where Σ is not positive definite.
        """
        if self.lower is not None:
            tril, wrong = torch.linalg.cholesky_ex(covariance.view_as(self.lower))
            if wrong.any():
                raise ArithmeticError("a covariance is not positive definite")
            self.lower.copy_(tril.tril(-1))
            self.log_std.copy_(tril.diagonal(dim1=1, dim2=2).log())
        elif covariance.min() > 0:
            self.log_std.copy_(0.5 * covariance.log().view_as(self.log_std))
        else:
            raise ArithmeticError("a variance is not positive")
        self.logits.copy_(weights.log())
        self.mean.copy_(mean)
