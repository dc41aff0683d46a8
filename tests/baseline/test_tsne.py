"""t-SNE: near rows stay near on a map of two coordinates."""

from typing import Any

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, system_of
from sklearn.manifold import trustworthiness

from aelab.baseline.side import Beside
from aelab.baseline.tsne import TSNE


def tsne(**settings: Any) -> TSNE:
    return TSNE(**{"perplexity": 10, "max_iter": 300, "rows": 200, **settings})


def clusters(n: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """(rows in three groups far apart [n, 8], the groups)"""
    generator = np.random.default_rng(0)
    y = np.arange(n) % 3
    return (10 * generator.standard_normal((3, 8))[y] + generator.standard_normal((n, 8))).astype(
        np.float32
    ), y


def test_neighbours_stay_neighbours() -> None:
    x, y = clusters()
    z = tsne().encode(x)
    assert z.shape == (len(x), 2)
    assert trustworthiness(x, z, n_neighbors=10) > 0.9
    distances = np.linalg.norm(z[:, None] - z[None], axis=2) + 1e9 * np.eye(len(z))
    assert (y[distances.argmin(1)] == y).all()


def test_the_same_rows_give_the_same_map() -> None:
    x, _ = clusters()
    np.testing.assert_array_equal(tsne().encode(x), tsne().encode(x))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 31])
@pytest.mark.parametrize("features", [1, 8])
def test_few_rows_are_a_map_too(n: int, features: int) -> None:
    z = tsne(perplexity=30).encode(clusters()[0][:n, :features])
    assert z.shape == (n, 2) and np.isfinite(z).all()


def test_beside_a_run_it_maps_thinned_rows_with_their_labels_and_has_no_scores() -> None:
    x, y = clusters(600)
    dataset = Memory(torch.tensor(x), y=torch.tensor(y)).setup()
    beside = Beside(tsne(rows=50), system_of(dataset, 5))
    z, labels = beside.side().codes("test")
    assert labels is not None and dataset.rows.y is not None
    assert z.shape == (40, 2)  # of 120 every third
    assert torch.equal(labels, dataset.rows.y[dataset.splits["test"][::3]])
    assert beside.scores(["test"]) == {}


@pytest.mark.parametrize(("setting", "least"), [("perplexity", 1), ("max_iter", 250), ("rows", 4)])
def test_wrong_settings_are_refused(setting: str, least: int) -> None:
    with pytest.raises(ValueError, match=f"{setting} must be at least {least}, got 0"):
        tsne(**{setting: 0})
