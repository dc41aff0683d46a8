"""Colour: against scikit-image and Pillow, there and back, and what is known of black, white and grey."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import color
from torch import Tensor

from aelab.colour import from_lab, from_ycbcr, lab, luma, luminance, ycbcr

DARK = torch.tensor([[0.0, 0.0, 0.0], [0.01, 0.02, 0.03], [0.04, 0.05, 0.001]]).T[None, :, :, None]


@pytest.fixture
def rgb() -> Tensor:
    """[4, 3, 9, 7] in double precision, of all brightnesses"""
    values = torch.rand(4, 3, 9, 7, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    values[0] *= 0.05  # on the line, before the curve
    values[1, :, :3] = values[1, :1, :3]  # grey
    return values


def theirs(convert: Callable[..., np.ndarray], image: Tensor) -> Tensor:
    return torch.from_numpy(convert(image.numpy(), channel_axis=1))


def test_ycbcr_is_scikit_images(rgb: Tensor) -> None:
    expected = theirs(color.rgb2ycbcr, rgb) / 255
    torch.testing.assert_close(ycbcr(rgb), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(luminance(rgb), expected[:, :1], rtol=0, atol=1e-12)


def test_lab_is_scikit_images(rgb: Tensor) -> None:
    expected = theirs(color.rgb2lab, rgb)
    torch.testing.assert_close(lab(rgb), expected, rtol=0, atol=2e-4)  # its line is rounded to 7.787 t
    torch.testing.assert_close(from_lab(expected), theirs(color.lab2rgb, expected), rtol=0, atol=2e-5)


@pytest.mark.parametrize(("there", "back"), [(ycbcr, from_ycbcr), (lab, from_lab)])
def test_there_and_back(
    there: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor], rgb: Tensor
) -> None:
    torch.testing.assert_close(back(there(rgb)), rgb, rtol=0, atol=1e-7)
    single = there(rgb.float())
    assert single.dtype == torch.float32 and single.shape == rgb.shape
    torch.testing.assert_close(back(single), rgb.float(), rtol=0, atol=2e-6)


def test_of_a_colour_that_srgb_has_not_the_nearest_values(rgb: Tensor) -> None:
    vivid = lab(rgb)
    vivid[:, 1:] *= 4
    assert from_lab(vivid).min() == 0 and from_lab(vivid).max() == 1


def test_black_white_and_grey() -> None:
    grey = torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64).expand(1, 3, 1, 3)
    torch.testing.assert_close(
        255 * luminance(grey).flatten(), torch.tensor([16.0, 235.0, 125.5], dtype=torch.float64)
    )
    assert torch.allclose(255 * ycbcr(grey)[:, 1:], torch.full((1, 2, 1, 3), 128.0, dtype=torch.float64))
    lightness, *ab = lab(grey)[0]
    assert lightness[0, 0] == pytest.approx(0, abs=1e-12) and lightness[0, 1] == pytest.approx(100)
    assert all(channel.abs().max() < 0.01 for channel in ab)
    assert torch.allclose(luma(grey), grey[:, :1])


def test_luma_is_pillows_grey(rgb: Tensor) -> None:
    stored = (255 * rgb).round().byte()
    for image, grey in zip(stored, 255 * luma(stored / 255), strict=True):
        expected = np.asarray(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L"), float)
        assert np.abs(grey[0].numpy() - expected).max() <= 0.51  # which it rounds


@pytest.mark.parametrize("function", [lab, from_lab])
def test_gradients_are_finite_in_the_dark(function: Callable[[Tensor], Tensor]) -> None:
    x = DARK.clone().requires_grad_()
    function(x).sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()


def test_gradients_of_lab(rgb: Tensor) -> None:
    x = rgb[1:2, :, :2, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(lab, x)
