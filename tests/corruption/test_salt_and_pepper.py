"""Salt-and-pepper: half and half, and the rest as it was."""

import pytest
import torch
from scipy import stats
from torch import Tensor

from aelab.corruption.salt_and_pepper import SaltAndPepper


@pytest.mark.parametrize("strength", [0.1, 0.4, 1.0])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 5.0)])
def test_a_fair_coin_decides_between_low_and_high(
    x: Tensor, strength: float, low: float, high: float
) -> None:
    torch.manual_seed(0)
    x_tilde = SaltAndPepper(strength, low, high)(x)
    pepper, salt = int((x_tilde == low).sum()), int((x_tilde == high).sum())
    kept = (x_tilde != low) & (x_tilde != high)
    assert torch.equal(x_tilde[kept], x[kept])
    assert pepper + salt == x.numel() if strength == 1 else pepper + salt < x.numel()
    assert stats.binomtest(pepper + salt, x.numel(), strength).pvalue > 0.01
    assert stats.binomtest(salt, pepper + salt, 0.5).pvalue > 0.01


def test_no_strength_leaves_x(x: Tensor) -> None:
    assert torch.equal(SaltAndPepper(0.0)(x), x)


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (0.5, 0.5)])
def test_low_lies_under_high(low: float, high: float) -> None:
    with pytest.raises(ValueError) as caught:
        SaltAndPepper(0.5, low, high)
    assert str(caught.value) == f"low must lie under high, got {low} and {high}"


@pytest.mark.parametrize("strength", [-0.1, 2])
def test_its_strength_is_a_fraction(strength: float) -> None:
    with pytest.raises(ValueError) as caught:
        SaltAndPepper(strength)
    assert str(caught.value) == f"strength must lie in [0, 1], got {strength}"
