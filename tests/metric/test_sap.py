"""SAP: squared correlations of numbers, thresholds of classes."""

import numpy as np
import pytest
import torch
from metric.made_up_factors import factors, mixed, perfect, random, scored

from aelab.metric.sap import SAP, determination, thresholds


def test_codes_that_are_the_factors_score_nearly_one() -> None:
    """All but for the class, of which a dimension that knows nothing guesses a third."""
    v = factors()
    assert scored(SAP(3, 2000, 1000), perfect(v), v)["sap"] == pytest.approx((3 + 2 / 3) / 4, abs=0.02)
    assert scored(SAP(1, 2000, 1000), perfect(v), v)["sap"] == pytest.approx(1, abs=0.01)


def test_mixed_and_random_codes_are_lower() -> None:
    v = factors()
    assert scored(SAP(1, 2000, 1000), mixed(v), v)["sap"] < 0.05
    assert scored(SAP(3, 2000, 1000), random(v), v)["sap"] < 0.05


def test_of_numbers_it_is_the_gap_of_squared_correlations() -> None:
    v = factors(500, (9, 9))
    z = torch.cat([v + random(v, 2), v[:, :1] + 4 * random(v, 1)], dim=1)
    r = np.corrcoef(z.T, v.T)[:3, 3:] ** 2
    expected = np.mean([top - second for top, second in (np.sort(column)[::-1][:2] for column in r.T)])
    assert scored(SAP(3, 10, 10), z, v)["sap"] == pytest.approx(expected, rel=1e-4)
    assert determination(np.ones(9) * 0.1, np.arange(9)) == 0


def test_classes_need_no_order_but_an_interval_each() -> None:
    v = np.arange(300) % 3
    z = np.choose(v, [0.0, 5.0, -5.0])
    assert thresholds(z, v, z, v) == 1
    rare = np.where(np.arange(300) < 290, 0, 1)  # balanced: always the frequent one is half right
    assert thresholds(np.zeros(300), rare, np.zeros(300), rare) == 0.5


@pytest.mark.parametrize("settings", [(0, 1, 1), (3, 0, 1), (3, 1, 0)])
def test_refuses(settings: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"^(classes|train|test) must be at least 1, got 0"):
        SAP(*settings)
