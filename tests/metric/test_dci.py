"""DCI: closed forms of the importances, and forests that find them."""

import math

import numpy as np
import pytest
import torch
from metric.made_up_factors import factors, mixed, perfect, random, scored

from aelab.metric.dci import DCI, concentration, importances

D, C, INFORMED = "dci_disentanglement", "dci_completeness", "dci_informativeness"


def test_importances_in_closed_form() -> None:
    assert importances(np.eye(4)[[2, 0, 3, 1]]) == {D: 1, C: 1}
    assert importances(np.ones((4, 4))) == {D: pytest.approx(0), C: pytest.approx(0)}
    # two dimensions share the first factor: each is about one factor, the factor is not in one dimension
    both = importances(np.array([[0.5, 0], [0.5, 0], [0, 1], [0, 0]]))
    assert both == {D: pytest.approx(1), C: pytest.approx((1 - math.log(2) / math.log(4) + 1) / 2)}
    # a dimension of two factors weighs as much as it is used
    mixed = importances(np.array([[1.0, 0, 0.5], [0, 1, 0.5]]))
    h = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)) / math.log(3)
    assert mixed == {D: pytest.approx(1 - h), C: pytest.approx(2 / 3)}


def test_a_row_of_zeros_and_a_single_column_are_fine() -> None:
    assert concentration(np.zeros((2, 3))) == pytest.approx(0)
    assert concentration(np.array([[0.0], [2.0]])).tolist() == [0, 1]


def test_codes_that_are_the_factors_score_one() -> None:
    v = factors()
    assert scored(DCI(5, 10, 2000, 1000), perfect(v), v) == pytest.approx({D: 1, C: 1, INFORMED: 1}, abs=0.01)


def test_mixed_codes_tell_the_factors_but_not_apart() -> None:
    """Of two factors of 8 values each, sum and difference say all."""
    v = factors(sizes=(8, 8, 8, 8))
    scores = scored(DCI(5, 12, 2000, 1000), mixed(v), v)
    assert scores[D] < 0.6 and scores[C] < 0.6 and scores[INFORMED] > 0.6


def test_random_codes_tell_nothing() -> None:
    v = factors()
    scores = scored(DCI(5, 10, 2000, 1000), random(v), v)
    assert scores[D] < 0.05 and scores[C] < 0.05
    assert scores[INFORMED] == pytest.approx(np.mean([1 / 3, 1 / 4, 1 / 8, 1 / 8]), abs=0.05)


def test_a_factor_in_two_dimensions_is_not_complete() -> None:
    v = factors(sizes=(4, 4))
    z = torch.stack([v[:, 0] // 2, v[:, 0] % 2, v[:, 1]], dim=1).float()
    scores = scored(DCI(5, 10, 2000, 1000), z, v)
    assert scores[D] == pytest.approx(1, abs=0.01) and scores[INFORMED] == 1
    assert scores[C] == pytest.approx((1 - math.log(2) / math.log(3) + 1) / 2, abs=0.05)


def test_dead_dimensions_count_as_dimensions() -> None:
    """d is the size of the code, of whatever dies in it."""
    v = factors(sizes=(4, 4))
    z = torch.stack([v[:, 0] // 2, v[:, 0] % 2, v[:, 1], *torch.zeros(5, len(v))], dim=1).float()
    scores = scored(DCI(5, 10, 2000, 1000), z, v)
    assert scores[C] == pytest.approx((1 - math.log(2) / math.log(8) + 1) / 2, abs=0.05)


def test_refuses() -> None:
    with pytest.raises(ValueError, match="trees must be at least 1, got 0"):
        DCI(0, 1, 1, 1)
