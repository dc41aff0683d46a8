"""Anomaly scores: their ranking is scikit-learn's, their thresholds are NumPy's."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor

from aelab.metric.anomaly import Anomaly, ranking, score


def scored(x: Tensor, x_hat: Tensor, anomaly: Tensor | None = None, size: int = 7) -> dict[str, float]:
    metric = Anomaly([0.5, 0.95, 0.995])
    metric.reset()
    for i in range(0, len(x), size):
        part = slice(i, i + size)
        metric.update(x[part], x_hat[part], None if anomaly is None else anomaly[part])
    return metric.compute()


@pytest.mark.parametrize("levels", [2, 5, 10**6])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_ranking_is_scikit_learns(levels: int, share: float) -> None:
    """Also where many scores are equal."""
    generator = np.random.default_rng(0)
    anomaly = generator.random(500) < share
    s = (generator.integers(0, levels, 500) + levels * 0.3 * anomaly).round()
    found = ranking(torch.tensor(s[anomaly]), torch.tensor(s[~anomaly]))
    assert found["auroc"] == pytest.approx(roc_auc_score(anomaly, s), abs=1e-12)
    assert found["average_precision"] == pytest.approx(average_precision_score(anomaly, s), abs=1e-12)


def test_chance_and_certainty() -> None:
    low, high = torch.arange(5.0), torch.arange(5.0) + 5
    assert ranking(high, low) == {"auroc": 1, "average_precision": 1}
    assert ranking(low, high)["auroc"] == 0
    assert ranking(low, low)["auroc"] == ranking(torch.ones(3), torch.ones(9))["auroc"] == 0.5
    assert ranking(low, low[:0]) == {} == ranking(low[:0], low)


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2)])
def test_the_score_is_the_squared_error_of_a_row(shape: tuple[int, ...]) -> None:
    x, x_hat = torch.rand(2, 9, *shape)
    apart = torch.linalg.vector_norm((x - x_hat).double().flatten(1), dim=1)
    torch.testing.assert_close(score(x, x_hat), apart**2)


def test_thresholds_are_of_the_normal_rows() -> None:
    x, x_hat = torch.rand(2, 200, 6)
    anomaly = torch.arange(200) % 3 - 1  # −1: nobody knows
    s = score(x, x_hat).numpy()
    found, rest = scored(x, x_hat, anomaly), s[anomaly != -1]
    assert [found[f"score_q{q}"] for q in ("50", "95", "99.5")] == pytest.approx(
        np.quantile(s[anomaly == 0], [0.5, 0.95, 0.995]).tolist()
    )
    assert found["auroc"] == pytest.approx(roc_auc_score(anomaly[anomaly != -1] == 1, rest))


def test_where_nothing_is_known_there_are_thresholds_alone() -> None:
    x, x_hat = torch.rand(2, 50, 6)
    assert set(scored(x, x_hat)) == {"score_q50", "score_q95", "score_q99.5"}
    assert scored(x, x_hat)["score_q50"] == pytest.approx(score(x, x_hat).quantile(0.5).item())
    assert set(scored(x, x_hat, torch.zeros(50))) == set(scored(x, x_hat))  # no anomaly to be found


def test_a_quantile_is_a_fraction() -> None:
    with pytest.raises(ValueError, match=r"quantiles must lie in \[0, 1\], got 95"):
        Anomaly([0.5, 95])


def test_a_run_and_its_baseline_are_scored_without_noise(train: Callable[..., Path]) -> None:
    one = ["dataset.normal=3", "dataset.limit=null", "metric=[anomaly]", "baseline=pca"]
    noise = ["corruption=gaussian", "corruption.gaussian.strength=2"]
    folder = train(*one, *noise, "optimizer.lr=0")
    metrics = json.loads((folder / "results.json").read_text())["metrics"]
    assert {"test/auroc", "test/average_precision", "test/pca_auroc", "val/score_q95"} <= set(metrics)
    assert "val/auroc" not in metrics  # where no row is an anomaly
    assert metrics["test/pca_auroc"] > 0.8  # which noise of this size would hide
