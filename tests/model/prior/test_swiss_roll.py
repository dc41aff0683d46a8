"""The rolled up prior: where its draws lie, and that who asks for its density is refused before training."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from scipy import stats

from aelab.loss.bce import BCE
from aelab.loss.iwae import IWAE
from aelab.loss.kl import KL
from aelab.metric.elbo import ELBO
from aelab.metric.log_likelihood import LogLikelihood
from aelab.model.latent.gaussian import Gaussian
from aelab.model.prior.swiss_roll import SwissRoll
from aelab.model.prior.uniform import Uniform

SAID = (
    "needs a prior whose density is nowhere 0, which {} has not; "
    "loss=[mse,mmd] and loss=[mse,adversarial] need only its draws"
)


def test_draws_lie_on_the_roll_as_dense_everywhere() -> None:
    torch.manual_seed(0)
    z = SwissRoll(2, turns=2, radius=3, noise=0).double().sample(4000)
    assert z.shape == (4000, 2) and z.dtype == torch.float64
    out = z.norm(dim=1) / 3
    assert stats.kstest(out.square().numpy(), "uniform").pvalue > 0.01
    angle = torch.atan2(z[:, 1], z[:, 0])
    assert (2 * out - angle / (2 * math.pi)).sub((2 * out - angle / (2 * math.pi)).round()).abs().max() < 1e-6


def test_noise_is_added_in_both_axes() -> None:
    clean, noisy = (SwissRoll(2, 2, 3, noise) for noise in (0.0, 0.1))
    torch.manual_seed(0)
    on = clean.sample(5000)
    torch.manual_seed(0)
    off = noisy.sample(5000) - on
    for column in off.t():
        assert stats.kstest((column / 0.1).numpy(), "norm").pvalue > 0.01


def test_has_no_density() -> None:
    with pytest.raises(NotImplementedError, match="the swiss_roll prior has no density"):
        SwissRoll(2, 2, 3, 0).given()


@pytest.mark.parametrize("prior", [SwissRoll(2, 2, 3, 0), Uniform(2, 1)], ids=["swiss_roll", "uniform"])
def test_terms_and_metrics_of_a_density_refuse_it(prior: Any) -> None:
    model = SimpleNamespace(latent=Gaussian(2), prior=prior, condition=None)
    said = [SAID.format(type(prior).__name__)]
    for term in (KL(1.0, "forward", "auto", 1, None), IWAE(1.0, 2, BCE())):
        assert list(term.objections(cast(Any, model))) == said
    for metric in (ELBO(), LogLikelihood(1, 1)):
        assert list(metric.objections(cast(Any, SimpleNamespace(model=model)))) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dim": 3}, "lies in the plane, model.latent.dim=2, got dim=3"),
        ({"turns": 0}, "turns must be positive and finite, got 0"),
        ({"noise": -1}, "noise must be finite and not negative, got -1"),
    ],
)
def test_refusals(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        SwissRoll(**({"dim": 2, "turns": 2, "radius": 3, "noise": 0} | changed))
    assert str(caught.value) == said
