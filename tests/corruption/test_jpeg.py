"""JPEG: Pillow's own round trip, worse at a lower quality."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from aelab.corruption.jpeg import JPEG
from aelab.schedule import Clock, Linear


def photos(*shape: int) -> Tensor:
    """Bytes [b, c, h, w], smooth as photos are."""
    coarse = torch.rand(*shape[:2], 5, 5, generator=torch.Generator().manual_seed(6))
    fine = torch.nn.functional.interpolate(coarse, size=shape[2:], mode="bicubic")
    return (255 * fine.clamp(0, 1)).round().byte()


def round_trip(image: np.ndarray, quality: int) -> np.ndarray:
    """[c, h, w] through Pillow"""
    file = BytesIO()
    pixels = image.transpose(1, 2, 0) if len(image) == 3 else image[0]
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    read = np.asarray(Image.open(file))
    return read.transpose(2, 0, 1) if len(image) == 3 else read[None]


@pytest.mark.parametrize("quality", [1, 20, 75, 100])
@pytest.mark.parametrize("shape", [(3, 3, 32, 32), (2, 1, 28, 28), (1, 3, 9, 17), (1, 1, 1, 1)])
def test_is_pillows(shape: tuple[int, ...], quality: int) -> None:
    stored = photos(*shape)
    x_tilde = JPEG(quality)(stored / 255)
    expected = np.stack([round_trip(image, quality) for image in stored.numpy()])
    assert x_tilde.dtype == torch.float32
    assert torch.equal((255 * x_tilde).round().byte(), torch.from_numpy(expected))


def test_is_worse_at_a_lower_quality_along_a_schedule() -> None:
    x, jpeg = photos(4, 3, 32, 32) / 255, JPEG(Linear(95, 5))
    clock, errors = Clock(jpeg), []
    for progress in (0.0, 0.5, 1.0):
        clock.set(progress)
        errors.append((jpeg(x) - x).square().mean().item())
    assert errors == sorted(errors) and 0 < errors[0] < errors[2] / 4
    assert torch.equal(jpeg(x), JPEG(5)(x))


def test_clips_to_bytes() -> None:
    x = torch.tensor([-3.0, 5.0])[:, None, None, None].expand(2, 1, 8, 8)
    assert JPEG(100)(x).flatten(1).tolist() == [[0.0] * 64, [1.0] * 64]


def test_takes_images_only() -> None:
    assert JPEG(50).output_shape((3, 8, 5)) == (3, 8, 5)
    for shape, line in (
        ((7,), "JPEG is of images; these rows are vectors [7]"),
        ((2, 8, 5), "JPEG takes images of 1 or 3 channels; these have 2"),
    ):
        with pytest.raises(ValueError) as caught:
            JPEG(50).output_shape(shape)
        assert str(caught.value) == line


@pytest.mark.parametrize("quality", [0, 101, Linear(50, 0)])
def test_a_quality_is_a_codecs(quality: float) -> None:
    with pytest.raises(ValueError) as caught:
        JPEG(quality)
    assert str(caught.value) == f"quality must lie in [1, 100], got {quality}"
