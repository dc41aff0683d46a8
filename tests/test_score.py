"""Columns of scores: as many digits as they carry, deviations as the standard library's, the best marked."""

import statistics
from math import inf, nan

import pytest

from aelab.score import aligned, number_format, scores


def test_mean_and_deviation_are_the_standard_librarys():
    sample = [0.031, 0.033, 0.0375]
    (score,) = scores([sample])
    assert (score.n, score.mean, score.deviation) == (3, statistics.mean(sample), statistics.stdev(sample))
    assert score.text() == "0.03383 ± 0.00333" and score.text(" $\\pm$ ") == "0.03383 $\\pm$ 0.00333"
    assert [one.text() for one in scores([[2.0], [], [1.0, 2.0, 3.0]])] == ["2", "", "2 ± 1"]


def test_text_is_aligned_and_rounded():
    assert aligned(scores([[1.0, 2.0], [10.0], []])) == ["1.50 ± 0.71", "10.00       ", "       "]
    assert aligned(scores([[0.5], [0.25]], better=1)) == ["0.5000 *", "0.2500  "]
    assert aligned(scores([[nan, 1.0], [2.0, inf]])) == ["nan ± nan", "inf ± nan"]
    formats = {
        (0.97, 0.5): ".4f",
        (0.05, 0.0009): ".5f",
        (1e-5, 2e-5): ".3e",
        (3, 12): ".0f",
        (-101.2, 7.0): ".1f",
    }
    assert {values: number_format(values) for values in formats} == formats


@pytest.mark.parametrize(
    ("samples", "better", "best"),
    [
        ([[1.0], [2.0], []], 1, [1]),
        ([[1.0], [2.0], []], -1, [0]),
        ([[1.0], [2.0]], 0, []),
        ([[2.0], [2.0], [1.0]], 1, [0, 1]),  # who look alike are alike
        ([[2.0], [2.0]], 1, []),  # and where all do, nothing is best
        ([[nan], [2.0], [inf], [3.0]], -1, [1]),
        ([[nan], [inf]], -1, []),
    ],
)
def test_the_best(samples: list[list[float]], better: int, best: list[int]):
    assert [i for i, score in enumerate(scores(samples, better)) if score.is_best] == best
