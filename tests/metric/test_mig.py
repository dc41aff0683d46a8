"""MIG: closed forms of discrete codes."""

import math

import pytest
import torch
from metric.made_up_factors import factors, mixed, perfect, random, scored
from sklearn.metrics import mutual_info_score

from aelab.metric.mig import MIG, binned, entropy, information


def grid(*sizes: int) -> torch.Tensor:
    """Every combination once: the factors are exactly independent."""
    return torch.cartesian_prod(*map(torch.arange, sizes))


def test_codes_that_are_the_factors_score_one() -> None:
    v = grid(3, 4, 8, 8)
    assert scored(MIG(20), v.flip(1).float() * -2, v) == {"mig": pytest.approx(1)}
    assert scored(MIG(20), perfect(factors()), factors())["mig"] > 0.95


def test_a_code_twice_leaves_no_gap() -> None:
    v = grid(3, 4)
    z = v[:, [0, 1, 1]].float()
    assert scored(MIG(20), z, v) == {"mig": pytest.approx(0.5)}  # of the first factor alone


def test_closed_form_of_a_coarse_code_and_of_a_sum() -> None:
    """Of v in 0..7 half a bit less than all; of two bits a + b: I(a + b; a) = 1/2 bit."""
    v = grid(8, 2)
    z = torch.stack([v[:, 0] // 2, v[:, 1], v[:, 0] * 0], dim=1).float()
    assert scored(MIG(20), z, v) == {"mig": pytest.approx((2 / 3 + 1) / 2)}
    v = grid(2, 2)
    z = torch.stack([v[:, 0], v.sum(1)], dim=1).float()
    assert scored(MIG(20), z, v) == {"mig": pytest.approx((1 - 0.5 + 0.5 - 0) / 2)}


def test_fewer_bins_than_values_bound_it() -> None:
    v = grid(40, 2)
    assert scored(MIG(20), v.float(), v)["mig"] == pytest.approx((math.log(20) / math.log(40) + 1) / 2)


def test_mixed_and_random_codes_are_lower() -> None:
    v = factors()
    assert scored(MIG(20), mixed(v), v)["mig"] < 0.2
    assert scored(MIG(20), random(v), v)["mig"] < 0.01


def test_information_is_scikit_learns() -> None:
    a, b = (factors(500, (5, 7)) ** 2 % 6).numpy().T
    assert information(a, b) == pytest.approx(mutual_info_score(a, b))
    assert entropy(a) == pytest.approx(mutual_info_score(a, a))


def test_bins_are_equal_parts_of_the_range() -> None:
    z = torch.linspace(-1, 3, 401)[:-1].double().numpy()
    assert (torch.bincount(torch.from_numpy(binned(z, 20))) - 20).abs().max() <= 1
    assert binned(z * 0 + 0.1, 20).max() == 0


def test_refuses() -> None:
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        MIG(0)
