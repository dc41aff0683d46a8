"""Masking: how many entries become zero, and that the others stay."""

import pytest
import torch
from scipy import stats
from torch import Tensor

from aelab.corruption.masking import Masking


@pytest.mark.parametrize("strength", [0.05, 0.25, 0.9])
def test_sets_that_fraction_to_zero_and_keeps_the_rest(x: Tensor, strength: float) -> None:
    torch.manual_seed(0)
    x_tilde = Masking(strength)(x)
    hidden = x_tilde == 0  # x has no zero of its own
    assert torch.equal(x_tilde[~hidden], x[~hidden])
    assert stats.binomtest(int(hidden.sum()), x.numel(), strength).pvalue > 0.01


def test_every_entry_is_drawn_for_itself(x: Tensor) -> None:
    """Counts per sample are binomial: neither a fixed number of them nor the same places in every sample."""
    torch.manual_seed(0)
    hidden = (Masking(0.5)(x) == 0).flatten(1).float()
    n = hidden.shape[1]
    spread = hidden.sum(1).var().item() / (n / 4)  # χ² / 49
    low, high = stats.chi2.interval(0.999, len(x) - 1)
    assert low < spread * (len(x) - 1) < high
    assert hidden.mean(0).max() < 1 and hidden.mean(0).min() > 0


def test_nothing_and_everything(x: Tensor) -> None:
    assert torch.equal(Masking(0.0)(x), x)
    assert torch.equal(Masking(1.0)(x), torch.zeros_like(x))


@pytest.mark.parametrize("strength", [-0.1, 1.01])
def test_its_strength_is_a_fraction(strength: float) -> None:
    with pytest.raises(ValueError) as caught:
        Masking(strength)
    assert str(caught.value) == f"strength must lie in [0, 1], got {strength}"
