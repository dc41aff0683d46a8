"""Active units: counted by the variance of their means, and a collapsed code said in words."""

import logging

import numpy as np
import pytest
import torch

from aelab.metric.active_units import ActiveUnits


def score(mean: torch.Tensor, parts: int = 3, metric: ActiveUnits | None = None) -> dict[str, float]:
    metric = metric or ActiveUnits(0.01)
    metric.reset()
    for part in mean.chunk(parts):
        metric.update(part)
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


def test_refuses_a_negative_threshold() -> None:
    with pytest.raises(ValueError) as caught:
        ActiveUnits(-1)
    assert str(caught.value) == "threshold must not be negative, got -1"
