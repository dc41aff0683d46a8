"""ELBO: the likelihood less the divergence from the true posterior, whatever the loss weighs."""

import pytest
import torch
from linear_gaussian import Linear
from torch.distributions import kl_divergence

from aelab.metric.elbo import ELBO


def score(model: Linear, draws: int) -> dict[str, float]:
    torch.manual_seed(0)
    metric = ELBO()
    metric.reset()
    for _ in range(draws):
        x_hat = model.decode(model.q.rsample())["x_hat"]
        metric.update(model.x, x_hat, x_hat, model.q, model.prior, model.likelihood)
    return metric.compute()


def test_is_the_likelihood_less_the_divergence_from_the_true_posterior() -> None:
    model = Linear(wide=1.5)
    expected = model.log_likelihood - kl_divergence(model.q, Linear().q)
    found = score(model, 4000)
    assert found["elbo"] == pytest.approx(expected.mean().item(), abs=0.05)
    assert found["elbo"] == pytest.approx(-found["distortion"] - found["kl"])
    assert found["kl"] == pytest.approx(kl_divergence(model.q, model.prior.given()).mean().item(), rel=1e-6)
