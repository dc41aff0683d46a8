"""Clusters against labels: every matching tried, and numbers that mean nothing."""

from itertools import permutations

import numpy as np
import pytest

from aelab.cluster.agreement import accuracy, confusion, matched


def drawn(k: int, c: int, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(k + 10 * c)
    y = generator.integers(0, c, n)
    return np.where(generator.random(n) < 0.6, (3 * y + 1) % k, generator.integers(0, k, n)), y


@pytest.mark.parametrize(("k", "c"), [(4, 4), (5, 3), (3, 5)])
def test_no_matching_does_better(k: int, c: int) -> None:
    clusters, y = drawn(k, c)
    most = max(k, c)  # a cluster or a label more agrees with nobody
    every = [dict(zip(one, range(most), strict=True)) for one in permutations(range(most))]
    some = [np.mean([to[a] == b for a, b in zip(clusters, y, strict=True)]) for to in every]
    table = confusion(clusters, y)
    assert accuracy(table) == pytest.approx(max(some)) and max(some) < 0.9
    assert len(matched(table)) == min(k, c) == len(set(matched(table).values()))


def test_numbers_of_clusters_mean_nothing() -> None:
    clusters, y = drawn(4, 4)
    assert accuracy(confusion(np.array([2, 0, 3, 1])[clusters], y)) == accuracy(confusion(clusters, y))
    assert accuracy(confusion((y + 1) % 4, y)) == 1


def test_the_table_counts_and_leaves_out_what_is_unknown() -> None:
    table = confusion(np.array([0, 0, 1, 2, 2]), np.array([1, 1, 0, -1, 1]))
    assert table.tolist() == [[0, 2], [1, 0], [0, 1]]
