"""k nearest neighbours: the vote counted by hand."""

import pytest
import torch
from torch import Tensor

from aelab.metric.knn import KNN


def by_hand(train: Tensor, y: Tensor, z: Tensor, k: int) -> Tensor:
    """The votes: [n]"""
    near = torch.cdist(z.double(), train.double()).topk(k, largest=False).indices  # [n, k]
    return torch.nn.functional.one_hot(y[near]).sum(1).argmax(1)


def rows(n: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n, 5, generator=generator)
    return z, (z[:, 0] > 0).long() + (z[:, 1] + 0.5 * torch.randn(n, generator=generator) > 0).long()


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("cap", [None, 1000, 150, 70])
def test_is_the_vote_of_the_nearest(k: int, cap: int | None) -> None:
    (z, y), (test_z, test_y) = rows(300, 0), rows(90, 1)
    metric = KNN(k, cap)
    metric.fit(z, y)
    metric.reset()
    for a, b in zip(test_z.split(40), test_y.split(40), strict=True):
        metric.update(a, b)
    step = {None: 1, 1000: 1, 150: 2, 70: 5}[cap]
    wrong = by_hand(z[::step], y[::step], test_z, k) != test_y
    assert 0 < wrong.double().mean() < 0.5
    assert metric.compute() == {"knn_error": pytest.approx(wrong.double().mean().item())}


def test_unlabelled_rows_are_left_out_of_any_shape() -> None:
    z, y = rows(60, 0)
    y = torch.where(torch.arange(60) % 3 == 0, -1, y)
    metric = KNN(1, None)
    metric.fit(z[:, None, :], y)
    metric.reset()
    metric.update(z[:, None, :], y)
    assert metric.compute() == {"knn_error": 0.0} and metric.samples == 40


def test_fewer_rows_than_neighbours() -> None:
    z, y = rows(3, 0)
    metric = KNN(5, 2)
    metric.fit(z, y)
    metric.reset()
    metric.update(z, y)
    assert 0 <= metric.compute()["knn_error"] <= 1


def test_without_labels_there_is_nothing_to_say() -> None:
    z, y = rows(20, 0)
    none = torch.full_like(y, -1)
    for learnt, asked in ((none, y), (y, none)):
        metric = KNN(5, None)
        metric.fit(z, learnt)
        metric.reset()
        metric.update(z, asked)
        assert metric.compute() == {}


@pytest.mark.parametrize(("k", "cap", "name"), [(0, None, "k"), (5, 0, "rows")])
def test_refuses(k: int, cap: int | None, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} "):
        KNN(k, cap)
