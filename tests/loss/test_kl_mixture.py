"""VaDE's divergence: torch.distributions' own parts, and never less than what it stands for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig
from torch import Tensor
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.loss.kl_mixture import KLMixture
from aelab.model.prior.gaussian_mixture import GaussianMixture

B, K, D = 5, 3, 2


def prior(covariance: Any = "diagonal") -> GaussianMixture:
    made = GaussianMixture(D, K, True, covariance, 2.0, 0.5, 0.1)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in (made.mean, made.logits, made.log_std):
            parameter.copy_(torch.randn(parameter.shape))
    return made


def posterior() -> tuple[Tensor, Tensor, Tensor]:
    """(μ, log σ², a draw)"""
    torch.manual_seed(1)
    mean, logvar = torch.randn(B, D), torch.randn(B, D)
    return mean, logvar, mean + (0.5 * logvar).exp() * torch.randn(B, D)


@pytest.mark.parametrize("covariance", ["diagonal", "spherical"])
def test_is_the_sum_of_torch_distributions(covariance: str) -> None:
    p, (mean, logvar, z) = prior(covariance), posterior()
    gamma = p.assign(z)
    expected = torch.zeros(B)
    for k in range(K):
        q = Independent(Normal(mean, (0.5 * logvar).exp()), 1)
        component = Independent(Normal(p.mean[k], p.log_std[k].exp().expand(D)), 1)
        expected = expected + gamma[:, k] * kl_divergence(q, component)
    expected = expected + kl_divergence(Categorical(gamma), Categorical(logits=p.logits))
    torch.testing.assert_close(KLMixture(1.0)(mean, logvar, gamma, p), expected)


def test_is_an_upper_bound_that_one_component_attains() -> None:
    p, (mean, logvar, _) = prior(), posterior()
    q = Independent(Normal(mean, (0.5 * logvar).exp()), 1)
    draws = q.sample((20000,))
    exact = (q.log_prob(draws) - p.given().log_prob(draws)).mean(0)  # [b], by Monte Carlo
    for gamma in (torch.full((B, K), 1 / K), p.assign(mean)):
        assert (KLMixture(1.0)(mean, logvar, gamma, p) > exact - 0.05).all()
    with torch.no_grad():
        p.logits.copy_(torch.tensor([0.0, -200.0, -200.0]))
    alone = torch.tensor([1.0, 0, 0]).expand(B, K)
    component = Independent(Normal(p.mean[0], p.log_std[0].exp()), 1)
    torch.testing.assert_close(KLMixture(1.0)(mean, logvar, alone, p), kl_divergence(q, component))


def test_a_cluster_that_nobody_has_leaves_gradients_finite() -> None:
    p, (mean, logvar, _) = prior(), posterior()
    gamma = torch.tensor([1.0, 0, 0]).expand(B, K).clone().requires_grad_()
    KLMixture(1.0)(mean, logvar, gamma, p).sum().backward()
    assert gamma.grad is not None and torch.isfinite(gamma.grad).all()


@pytest.mark.parametrize("other", ["learned=false", "covariance=full", "covariance=tied"])
def test_refuses_what_is_no_such_mixture(
    other: str, composed: Callable[..., DictConfig], tmp_path: Path
) -> None:
    chosen = ["model/latent=gaussian", "model/prior=gaussian_mixture", "model.prior.learned=true"]
    with pytest.raises(UserError) as caught:
        assemble(composed("loss=[bce,kl_mixture]", *chosen, f"model.prior.{other}"), tmp_path)
    assert any("takes a mixture that is learned, of diagonal covariances" in p for p in caught.value.problems)
