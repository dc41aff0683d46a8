"""Agreement of clusters and labels: scikit-learn's scores, and what is not known."""

import pytest
import torch
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from torch import Tensor
from torch.nn.functional import one_hot

from aelab.metric.cluster_agreement import ClusterAgreement


def scores(clusters: Tensor, y: Tensor | None, size: int = 7) -> dict[str, float]:
    metric = ClusterAgreement()
    metric.reset()
    soft = 0.6 * one_hot(clusters, 5) + 0.1
    for start in range(0, len(clusters), size):
        part = slice(start, start + size)
        metric.update(soft[part], None if y is None else y[part])
    return metric.compute()


def drawn() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(4, (50,), generator=generator)
    noise = torch.randint(5, (50,), generator=generator)
    return torch.where(torch.rand(50, generator=generator) < 0.6, (y + 1) % 5, noise), y


def test_they_are_scikit_learns() -> None:
    clusters, y = drawn()
    found = scores(clusters, y)
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(y, clusters))
    assert found["ari"] == pytest.approx(adjusted_rand_score(y, clusters))
    assert found["acc"] == pytest.approx(((y + 1) % 5 == clusters).double().mean().item())
    assert found == scores(clusters, y, size=50)


def test_perfect_and_none() -> None:
    _, y = drawn()
    assert scores((y + 2) % 5, y) == {"acc": 1.0, "nmi": pytest.approx(1.0), "ari": 1.0}
    assert scores(torch.zeros_like(y), y)["nmi"] == 0


def test_unknown_labels_do_not_count_and_without_any_nothing_is_said() -> None:
    clusters, y = drawn()
    known = torch.arange(50) % 3 > 0
    assert scores(clusters, torch.where(known, y, -1)) == scores(clusters[known], y[known])
    assert scores(clusters, None) == scores(clusters, torch.full_like(y, -1)) == {}
