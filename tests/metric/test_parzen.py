"""Parzen windows: scikit-learn's density, and a width that is never chosen on the rows it scores."""

import logging
import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity
from torch import Tensor

from aelab.metric.parzen import Parzen
from aelab.model.prior.normal import Normal

W = torch.randn(2, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
X = torch.randn(40, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
WIDTHS = [0.3, 0.6, 1.2, 2.4]


def decode(z: Tensor) -> dict[str, Tensor]:
    return {"x_hat": (z @ W).view(-1, 1, 2, 3)}


def score(widths: list[float], x: Tensor = X, at_once: int = 10**6, rows: int = 100) -> dict[str, float]:
    torch.manual_seed(0)
    metric = Parzen(200, rows, widths, at_once)
    metric.reset()
    for part in x.split(15):
        metric.update(part.view(-1, 1, 2, 3), Normal(2).double(), decode)
    return metric.compute()


def reference(width: float, x: Tensor) -> np.ndarray:
    """log density of every row under the same draws."""
    torch.manual_seed(0)
    samples = Normal(2).double().sample(200) @ W
    exact = KernelDensity(bandwidth=width, leaf_size=len(samples))  # several leaves lose digits far away
    return exact.fit(samples.numpy()).score_samples(x.numpy())


@pytest.mark.parametrize("at_once", [10**6, 1000, 1])
@pytest.mark.parametrize("width", WIDTHS)
def test_of_one_width_is_scikit_learns_density(width: float, at_once: int) -> None:
    found, logs = score([width], at_once=at_once), reference(width, X)
    assert found["parzen"] == pytest.approx(logs.mean(), rel=1e-6)
    assert found["parzen_error"] == pytest.approx(logs.std(ddof=1) / math.sqrt(len(X)), rel=1e-6)


def test_takes_the_best_width_of_the_other_rows() -> None:
    x = X.clone()
    x[::2] *= 0.2  # these alone like a narrow window
    table = np.stack([reference(width, x) for width in WIDTHS])  # [widths, n]
    best = [table[:, half::2].mean(1).argmax() for half in (0, 1)]
    assert best[0] != best[1]
    expected = np.concatenate([table[best[1], ::2], table[best[0], 1::2]]).mean()
    assert score(WIDTHS[::-1], x)["parzen"] == pytest.approx(expected, rel=1e-6)


def test_takes_the_first_rows_only() -> None:
    assert score([1.0], rows=21)["parzen"] == pytest.approx(reference(1.0, X[:21]).mean(), rel=1e-6)
    assert score([1.0], X[:1]) == {}


@pytest.mark.parametrize(
    ("widths", "says"), [([0.01, 0.02], True), ([0.01, 1.0, 50.0], False), ([0.01], False)]
)
def test_a_best_width_at_an_end_is_said(
    widths: list[float], says: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "aelab"):
        score(widths)
    said = "metric.parzen.widths: the best lies at an end of [0.01, 0.02]; take more"
    assert [record.getMessage() for record in caplog.records] == ([said] if says else [])


def test_a_conditional_model_has_another_likelihood() -> None:
    metric = Parzen(1, 2, [1.0], 1)
    for condition, lines in ((None, 0), (object(), 1)):
        system = SimpleNamespace(model=SimpleNamespace(condition=condition))
        assert len(list(metric.objections(cast(Any, system)))) == lines


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"draws": 0}, "draws must be at least 1, got 0"),
        ({"rows": 1}, "rows must be at least 2, got 1"),
        ({"widths": []}, "widths must be positive and at least one, got []"),
        ({"widths": [1.0, 0.0]}, "widths must be positive and at least one, got [1.0, 0.0]"),
    ],
)
def test_refusals(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        Parzen(**({"draws": 1, "rows": 2, "widths": [1.0], "at_once": 1} | changed))
    assert str(caught.value) == said
