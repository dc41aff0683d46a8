"""Gaussian noise: its distribution, its strength, its clip."""

import pytest
import torch
from scipy import stats
from torch import Tensor

from aelab.corruption.corruption import Corruptions
from aelab.corruption.gaussian import Gaussian


@pytest.mark.parametrize("strength", [0.1, 2.0])
def test_adds_independent_normal_noise_of_that_deviation(x: Tensor, strength: float) -> None:
    torch.manual_seed(0)
    noise = (Gaussian(strength)(x) - x) / strength  # [b, *shape]
    assert noise.shape == x.shape
    assert stats.kstest(noise.flatten().numpy(), "norm").pvalue > 0.01
    flat = noise.flatten(1)
    for one, other in (
        (flat[:-1], flat[1:]),
        (flat[:, :-1], flat[:, 1:]),
    ):  # neither samples nor entries share it
        pairs = torch.stack([one.flatten(), other.flatten()])
        assert abs(torch.corrcoef(pairs)[0, 1].item()) < 5 / pairs.shape[1] ** 0.5


def test_no_strength_no_noise(x: Tensor) -> None:
    assert torch.equal(Gaussian(0.0)(x), x)


def test_clips_where_it_is_told(x: Tensor) -> None:
    torch.manual_seed(0)
    free = Corruptions({"gaussian": Gaussian(0.5)})(x)["x_tilde"]
    torch.manual_seed(0)
    clipped = Corruptions({"gaussian": Gaussian(0.5, clip=[0.0, 1.0])})(x)["x_tilde"]
    assert free.min() < 0 and free.max() > 1
    assert clipped.min() == 0 and clipped.max() == 1
    inside = (free > 0) & (free < 1)
    assert torch.equal(clipped[inside], free[inside])


def test_any_strength_but_a_negative_one() -> None:
    assert Gaussian(100.0).strength == 100
    with pytest.raises(ValueError) as caught:
        Gaussian(-0.1)
    assert str(caught.value) == "strength must not be negative, got -0.1"
