"""The marginal likelihood: a known one, in pieces of any size, and its standard error."""

import math

import pytest
import torch
from linear_gaussian import Linear

from aelab.loss.gaussian import Gaussian
from aelab.metric.log_likelihood import LogLikelihood
from aelab.model.prior.normal import Normal


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


def test_bits_are_shared_among_the_pixels_that_count() -> None:
    torch.manual_seed(0)
    x, mask = torch.rand(4, 1, 2, 2), torch.tensor([[1.0, 0], [0, 0]]).expand(4, 1, 2, 2)
    q = torch.distributions.Independent(torch.distributions.Normal(torch.zeros(4, 2), 1.0), 1)
    likelihood = Gaussian(1.0, 1.0, "hidden", floor=1e-6)
    metric = LogLikelihood(3, 100)
    metric.reset()
    metric.update(x, q, Normal(2), lambda z: {"x_hat": torch.zeros(len(z), 1, 2, 2)}, likelihood, mask=mask)
    found = metric.compute()
    assert found["bpd"] == pytest.approx(found["nll"] / math.log(2))  # one pixel a row


def test_many_draws_approach_it() -> None:
    model = Linear(wide=2)
    few, many = (score(model, k, 4096)["nll"] for k in (1, 20_000))
    assert many == pytest.approx(-model.log_likelihood.mean().item(), abs=0.02) and few > many + 0.1
