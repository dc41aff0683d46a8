"""The code with a full covariance: SciPy's density, and closed-form divergences to diagonal ones."""

import pytest
import torch
from scipy import stats
from torch.distributions import MultivariateNormal, kl_divergence

from aelab.model.latent.gaussian import diagonal
from aelab.model.latent.gaussian_full import GaussianFull


def code(d: int, b: int = 6) -> dict:
    torch.manual_seed(1)
    latent = GaussianFull(d)
    return latent(torch.randn(b, latent.width, dtype=torch.float64))


@pytest.mark.parametrize("d", [1, 2, 5])
def test_its_density_is_the_normal_one(d: int) -> None:
    found = code(d)
    for mean, tril, z, log_q in zip(
        found["mean"], found["q"].scale_tril, found["z"], found["q"].log_prob(found["z"]), strict=True
    ):
        expected = stats.multivariate_normal(mean.numpy(), (tril @ tril.T).numpy()).logpdf(z.numpy())
        assert log_q.item() == pytest.approx(float(expected), rel=1e-9)
    variances = (found["q"].scale_tril @ found["q"].scale_tril.mT).diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(found["logvar"].exp(), variances)


def test_draws_have_its_covariance() -> None:
    torch.manual_seed(2)
    latent = GaussianFull(3)
    found = latent(torch.randn(1, latent.width).expand(50_000, -1))
    tril = found["q"].scale_tril[0]
    torch.testing.assert_close(torch.cov(found["z"].t()), tril @ tril.t(), rtol=0.05, atol=0.1)


def test_without_numbers_below_the_diagonal_it_is_the_diagonal_one() -> None:
    latent = GaussianFull(3)
    h = torch.randn(4, latent.width)
    h[:, 6:] = 0
    found = latent(h)
    z, other = torch.randn(4, 3), diagonal(found["mean"], (0.5 * found["logvar"]).exp())
    torch.testing.assert_close(found["q"].log_prob(z), other.log_prob(z))


@pytest.mark.parametrize("d", [1, 2, 5])
def test_divergences_to_a_diagonal_density_are_those_between_two_full_ones(d: int) -> None:
    q = code(d)["q"]
    mean, std = torch.randn(d, dtype=torch.float64), torch.rand(d, dtype=torch.float64) + 0.5
    p, same = diagonal(mean, std), MultivariateNormal(mean, scale_tril=torch.diag(std))
    torch.testing.assert_close(kl_divergence(q, p), kl_divergence(q, same))
    torch.testing.assert_close(kl_divergence(p, q), kl_divergence(same, q))
