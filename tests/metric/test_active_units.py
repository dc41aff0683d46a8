"""Active units: counted by the variance of their means, and what the others do said in words."""

import logging

import numpy as np
import pytest
import torch

from aelab.metric.active_units import ActiveUnits
from aelab.model.autoencoder import Prior
from aelab.model.prior.gaussian_mixture import GaussianMixture
from aelab.model.prior.normal import Normal
from aelab.model.prior.swiss_roll import SwissRoll


def score(
    mean: torch.Tensor,
    parts: int = 3,
    metric: ActiveUnits | None = None,
    logvar: torch.Tensor | None = None,
    prior: Prior | None = None,
) -> dict[str, float]:
    metric, prior = metric or ActiveUnits(0.01), prior or Normal(mean.shape[1])
    logvar = torch.zeros_like(mean) if logvar is None else logvar
    metric.reset()
    for pair in zip(mean.chunk(parts), logvar.chunk(parts), strict=True):
        metric.update(*pair, prior)
    return metric.compute()


@pytest.mark.parametrize("parts", [1, 3, 7])
def test_counts_variances_above_the_threshold(parts: int) -> None:
    std = torch.tensor([0.0, 0.05, 0.099, 0.12, 1.0, 3.0])
    mean = torch.randn(500, 6, generator=torch.Generator().manual_seed(0))
    mean = 100 + std * (mean - mean.mean(0)) / mean.std(0)  # a mean far from 0 is no variance
    assert score(mean, parts) == {"active_units": float((np.var(mean.double().numpy(), axis=0) > 0.01).sum())}
    assert score(mean, parts)["active_units"] == 3


@pytest.mark.parametrize("active", [0, 1, 2, 3])
def test_a_collapsed_code_is_said_once_in_words(active: int, caplog: pytest.LogCaptureFixture) -> None:
    mean = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) * (torch.arange(4) < active)
    metric = ActiveUnits(0.01)
    with caplog.at_level(logging.WARNING, "aelab"):
        for _ in ("val", "test"):
            assert score(mean, metric=metric) == {"active_units": active}
    said = (
        f"metric.active_units: {active} of 4 units of the code are active; "
        "the others repeat the prior (posterior collapse)"
    )
    assert [record.getMessage() for record in caplog.records] == ([said] if active < 2 else [])


@pytest.mark.parametrize(
    ("repeating", "said"),
    [
        (0, "the means of the others do not vary with x"),
        (2, "2 others repeat the prior (posterior collapse), and the means of 1 do not vary with x"),
        (3, "the others repeat the prior (posterior collapse)"),
    ],
)
def test_only_units_near_the_prior_are_said_to_repeat_it(
    repeating: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of 4 units one is active; the others have one mean for all x, some with a variance far from 1."""
    mean = torch.randn(60, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0, 0, 0])
    logvar = torch.zeros(60, 4)
    logvar[:, 1 + repeating :] = -4.0  # 1.5 nats
    with caplog.at_level(logging.WARNING, "aelab"):
        score(mean, logvar=logvar)
    line = f"metric.active_units: 1 of 4 units of the code are active; {said}"
    assert [record.getMessage() for record in caplog.records] == [line]


@pytest.mark.parametrize(
    "prior", [SwissRoll(2, 2, 3, 0.1), GaussianMixture(2, 3, False, "diagonal", 2, 0.5, 0.1)]
)
def test_nothing_is_said_of_a_prior_whose_units_are_not_told_apart(
    prior: Prior, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "aelab"):
        score(torch.zeros(9, 2), prior=prior)
    assert caplog.records[0].getMessage().endswith("; the means of the others do not vary with x")


def test_refuses_a_negative_threshold() -> None:
    with pytest.raises(ValueError) as caught:
        ActiveUnits(-1)
    assert str(caught.value) == "threshold must not be negative, got -1"
