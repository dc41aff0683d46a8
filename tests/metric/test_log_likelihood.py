"""The marginal likelihood: a known one, in pieces of any size, and its standard error."""

import math

import pytest
import torch
from linear_gaussian import Linear

from aelab.metric.log_likelihood import LogLikelihood


def score(model: Linear, samples: int, at_once: int, parts: int = 1) -> dict[str, float]:
    torch.manual_seed(0)
    metric = LogLikelihood(samples, at_once)
    metric.reset()
    for x, mean in zip(model.x.chunk(parts), model.q.loc.chunk(parts), strict=True):
        q = torch.distributions.MultivariateNormal(mean, scale_tril=model.q.scale_tril[: len(x)])
        metric.update(x, q, model.prior, model.decode, model.likelihood)
    return metric.compute()


@pytest.mark.parametrize(("at_once", "parts"), [(10**6, 1), (100, 1), (100, 3), (1, 2)])
def test_is_the_likelihood_where_that_is_known(at_once: int, parts: int) -> None:
    model = Linear()
    found, exact = score(model, 7, at_once, parts), model.log_likelihood
    assert found["nll"] == pytest.approx(-exact.mean().item(), rel=1e-6)
    assert found["nll_error"] == pytest.approx(exact.std().item() / math.sqrt(len(exact)), rel=1e-5)
    assert found["bpd"] == pytest.approx(found["nll"] / (model.x.shape[1] * math.log(2)))


def test_many_draws_approach_it() -> None:
    model = Linear(wide=2)
    few, many = (score(model, k, 4096)["nll"] for k in (1, 20_000))
    assert many == pytest.approx(-model.log_likelihood.mean().item(), abs=0.02) and few > many + 0.1
