"""The mixture of scikit-learn beside a run: its own score, by the run's metric, and its draws."""

from typing import Any

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, system_of
from sklearn.mixture import GaussianMixture as Reference

from aelab.baseline.baseline import matrix
from aelab.baseline.gaussian_mixture import GaussianMixture
from aelab.baseline.side import Beside
from aelab.dataset.dataset import Dataset
from aelab.metric.log_density import LogDensity
from aelab.metric.reconstruction import Reconstruction


def rows(n: int = 600) -> Dataset:
    """Two clusters of rows of 3 x 1 x 1, one of them flat."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 3, generator=generator) * torch.tensor([1.0, 0.2, 0.5])
    x[::2] = x[::2].flip(1) + 3
    return Memory(x.view(n, 3, 1, 1)).setup()


def mixture(covariance: Any = "full", components: int = 2, most: int = 10_000) -> GaussianMixture:
    return GaussianMixture(components, covariance, 1e-6, 1e-8, 500, most)


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical"])
def test_the_runs_metric_gives_scikit_learns_score(covariance: str) -> None:
    dataset = rows()
    metrics = {"log_density": LogDensity(), "reconstruction": Reconstruction()}
    beside = Beside(mixture(covariance), system_of(dataset, 2, metrics))
    train, test = (matrix(dataset, dataset.splits[name]).astype(float) for name in ("train", "test"))
    kind: Any = {"diagonal": "diag"}.get(covariance, covariance)
    expected = Reference(2, covariance_type=kind, tol=1e-8, max_iter=500, random_state=0).fit(train)
    assert beside.scores(["test"]) == pytest.approx({"test/log_density": expected.score(test)}, abs=1e-6)


def test_draws_have_the_moments_of_the_rows_the_same_every_time() -> None:
    dataset = rows()
    fitted = mixture()
    fitted.fit(dataset, 2)
    drawn, x = fitted.sample(20_000), matrix(dataset, dataset.splits["train"])
    np.testing.assert_allclose(drawn.mean(0), x.mean(0), atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(x.T, bias=True), atol=0.08)
    np.testing.assert_array_equal(fitted.sample(20_000), drawn)
    # in no order: the first half is as the second
    np.testing.assert_allclose(drawn[:10_000].mean(0), drawn[10_000:].mean(0), atol=0.1)


def test_beside_a_run_it_draws_and_has_no_place_on_a_map() -> None:
    side = Beside(mixture(), system_of(rows(), 2)).side()
    assert not side.places and "x_hat" not in side.trace("test", 4) and "prior" not in side.trace("test", 4)
    assert side.sample is not None and side.sample(5).shape == (5, 3, 1, 1)


def test_no_more_components_than_rows() -> None:
    fitted = mixture(components=50, most=20)
    fitted.fit(rows(), 2)
    assert len(np.asarray(fitted.fitted.means_)) <= 20


@pytest.mark.parametrize(("name", "value"), [("components", 0), ("steps", 0), ("rows", 1), ("floor", -1.0)])
def test_refusals(name: str, value: Any) -> None:
    settings: dict[str, Any] = {"components": 2, "floor": 0.0, "tolerance": 0.0, "steps": 1, "rows": 2}
    with pytest.raises(ValueError, match=f"^{name} must be at least"):
        GaussianMixture(covariance="full", **(settings | {name: value}))
