"""A prior of several normal distributions."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, MultivariateNormal
from torch.distributions import Normal as Gaussian

from aelab.model.autoencoder import Prior


class GaussianMixture(Prior):
    """p(z) = Σ_k π_k N(m_k, Σ_k),  m_k = radius · u_k,  u_k = (cos 2πk/K, sin 2πk/K, 0, ..., 0)

    Fixed, π_k = 1/K and component k has the standard deviation `along` in the direction u_k, `across` at a
    right angle to it in the plane of the circle and 1 in every further coordinate.
    [Makhzani et al. 2016, fig. 4: 10 components]

    learned: π, m and the diagonal of Σ are trained with the nets, from the circle and Σ = along² I, by the
        terms that take the density: `kl`, by draws, and `iwae`; for `mmd` and `adversarial` they stay.
    components: K.
    """

    def __init__(
        self, dim: int, components: int, learned: bool, radius: float, along: float, across: float
    ) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"stands around a circle, in a code of at least 2 numbers, got dim={dim}")
        if components < 1:
            raise ValueError(f"components must be at least 1, got {components}")
        for name, value in (("radius", radius), ("along", along), ("across", across)):
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}")
        angle = 2 * math.pi * torch.arange(components) / components
        mean = torch.zeros(components, dim)  # [K, d]
        mean[:, 0], mean[:, 1] = angle.cos(), angle.sin()
        self.learned = learned
        self.mean: Tensor
        self.logits: Tensor  # [K] log π_k, and any constant
        self.log_std: Tensor  # [K, d]
        self.tril: Tensor  # [K, d, d] L_k, Σ_k = L_k L_kᵀ
        start = {"mean": radius * mean, "logits": torch.zeros(components)}
        if learned:
            start["log_std"] = torch.full((components, dim), math.log(along))
            for name, value in start.items():
                self.register_parameter(name, nn.Parameter(value))
            return
        turned = torch.eye(dim).repeat(components, 1, 1)  # columns: u_k, the one at a right angle, the others
        turned[:, :2, 0] = mean[:, :2]
        turned[:, :2, 1] = torch.stack([-mean[:, 1], mean[:, 0]], dim=1)
        std = torch.tensor([along, across, *[1.0] * (dim - 2)])
        start["tril"] = torch.linalg.cholesky((turned * std**2) @ turned.mT)
        for name, value in start.items():
            self.register_buffer(name, value, persistent=False)

    def given(self, c: Tensor | None = None) -> Distribution:
        if self.learned:
            std = self.log_std.exp()
            parts = Independent(Gaussian(self.mean, std, validate_args=False), 1, validate_args=False)
        else:
            parts = MultivariateNormal(self.mean, scale_tril=self.tril, validate_args=False)
        weights = Categorical(logits=self.logits, validate_args=False)
        return MixtureSameFamily(weights, parts, validate_args=False)
