"""Clusters without labels: scikit-learn's scores, empty clusters, and samples of many rows."""

import pytest
import torch
from sklearn.metrics import davies_bouldin_score, silhouette_score
from torch import Tensor
from torch.nn.functional import one_hot

from aelab.metric.cluster_validity import ClusterValidity


def rows(n: int = 60) -> tuple[Tensor, Tensor, Tensor]:
    """(z [n, 3], the cluster of each, centroids [4, 3])"""
    generator = torch.Generator().manual_seed(0)
    m = 3 * torch.randn(4, 3, generator=generator)
    labels = torch.arange(n) % 4
    return m[labels] + torch.randn(n, 3, generator=generator), labels, m


def scores(z: Tensor, labels: Tensor, m: Tensor, most: int = 1000, size: int = 9) -> dict[str, float]:
    metric = ClusterValidity(most)
    metric.reset()
    for start in range(0, len(z), size):
        part = slice(start, start + size)
        metric.update(z[part], one_hot(labels[part], len(m)).float(), m)
    return metric.compute()


def test_they_are_scikit_learns() -> None:
    z, labels, m = rows()
    found = scores(z, labels, m)
    assert found == scores(z, labels, m, size=60)
    assert found["inertia"] == pytest.approx((z - m[labels]).square().sum().item())
    assert found["silhouette"] == pytest.approx(silhouette_score(z, labels), rel=1e-5)
    assert found["davies_bouldin"] == pytest.approx(davies_bouldin_score(z, labels), rel=1e-5)
    assert found["clusters_used"] == 4


def test_the_silhouette_is_of_a_sample() -> None:
    z, labels, m = rows(2000)
    whole, some = (scores(z, labels, m, most)["silhouette"] for most in (2000, 500))
    assert some != whole and some == pytest.approx(whole, abs=0.03)


def test_an_empty_cluster_is_not_used() -> None:
    z, labels, m = rows()
    found = scores(z, labels.clamp_max(1), m)
    assert found["clusters_used"] == 2 and found["silhouette"] < 1


def test_one_cluster_has_no_silhouette() -> None:
    z, labels, m = rows()
    assert set(scores(z, 0 * labels, m)) == {"inertia", "clusters_used"}


def test_refuses() -> None:
    with pytest.raises(ValueError, match="rows must be at least 2, got 1"):
        ClusterValidity(1)
