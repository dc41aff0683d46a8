"""Blur: scipy's own, at borders too, and what a blur leaves as it is."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from aelab.corruption.blur import Blur
from aelab.schedule import Clock, Linear


def rows(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.mark.parametrize("strength", [0.125, 0.3, 1.0, 2.6, 9.0])  # the last reaches beyond the whole image
@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (2, 3, 9, 16), (2, 1, 1, 5)])
def test_is_scipys(shape: tuple[int, ...], strength: float) -> None:
    x = rows(*shape)
    expected = gaussian_filter(x.numpy(), (0, 0, strength, strength), mode="mirror")
    np.testing.assert_allclose(Blur(strength)(x).numpy(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(Blur(strength)(x.float()).numpy(), expected, rtol=0, atol=2e-6)


def test_a_point_spreads_by_its_variance() -> None:
    x = torch.zeros(1, 1, 61, 61, dtype=torch.float64)
    x[..., 30, 30] = 1
    spread = Blur(3.0)(x)[0, 0]
    squares = (torch.arange(61.0) - 30).double() ** 2
    assert spread.sum() == pytest.approx(1)
    for axis in (0, 1):
        assert (spread.sum(1 - axis) @ squares).item() == pytest.approx(9, rel=0.005)  # it ends at 4σ


def test_no_strength_no_blur_and_grey_stays_grey() -> None:
    x = rows(2, 3, 6, 5)
    assert torch.equal(Blur(0.0)(x), x)
    torch.testing.assert_close(Blur(5.0)(torch.full_like(x, 0.3)), torch.full_like(x, 0.3))


def test_grows_with_a_schedule() -> None:
    x, blur = rows(1, 1, 8, 8), Blur(Linear(0.0, 2.0))
    clock = Clock(blur)
    for progress in (0.0, 0.5, 1.0):
        clock.set(progress)
        expected = gaussian_filter(x[0, 0].numpy(), 2 * progress, mode="mirror")
        np.testing.assert_allclose(blur(x)[0, 0].numpy(), expected, atol=1e-12)


def test_half_precision_does_not_touch_it() -> None:
    x = rows(2, 1, 8, 8).float()
    expected = Blur(1.0)(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(Blur(1.0)(x), expected)


def test_takes_images_only() -> None:
    assert Blur(1.0).output_shape((3, 8, 5)) == (3, 8, 5)
    with pytest.raises(ValueError) as caught:
        Blur(1.0).output_shape((7,))
    assert str(caught.value) == "a blur is of images; these rows are vectors [7]"
    with pytest.raises(ValueError, match=r"^strength must not be negative, got -1$"):
        Blur(-1)
