"""A linear Gaussian model, whose marginal likelihood is known: p(x) = N(b, WWᵀ + σ²I), q wider than it."""

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from aelab.loss.gaussian import Gaussian
from aelab.model.latent import gaussian_full  # noqa: F401  # it registers the divergences
from aelab.model.prior.normal import Normal

VARIANCE = 0.5


class Linear:
    """x = Wz + b + noise: the true posterior, widened by a factor, stands in for an encoder's."""

    def __init__(self, wide: float = 1.0, n: int = 6, d: int = 2, features: int = 4) -> None:
        generator = torch.Generator().manual_seed(0)
        self.w = torch.randn(features, d, generator=generator, dtype=torch.float64)
        self.b = torch.randn(features, generator=generator, dtype=torch.float64)
        self.x = torch.randn(n, features, generator=generator, dtype=torch.float64)
        precision = torch.eye(d) + self.w.t() @ self.w / VARIANCE
        mean = (self.x - self.b) @ self.w @ torch.linalg.inv(precision) / VARIANCE
        tril = torch.linalg.cholesky(wide**2 * torch.linalg.inv(precision)).expand(n, d, d)
        self.q = MultivariateNormal(mean, scale_tril=tril)
        self.prior = Normal(d).double()
        self.likelihood = Gaussian(VARIANCE, 1.0, "all", 1e-30).double()

    def decode(self, z: Tensor) -> dict[str, Tensor]:
        return {"x_hat": z @ self.w.t() + self.b}

    @property
    def log_likelihood(self) -> Tensor:
        """log p(x), [n]"""
        covariance = self.w @ self.w.t() + VARIANCE * torch.eye(len(self.b))
        return MultivariateNormal(self.b, covariance).log_prob(self.x)
