"""Downsample: Pillow's bicubic, Keys' kernel, what papers measure on Set5."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch import Tensor

from aelab.colour import luminance
from aelab.corruption.downsample import Downsample
from aelab.schedule import Clock, Linear


def rows(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(4))


def pillow(x: Tensor, h: int, w: int, filter_: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """[b, c, h, w], every channel an image of floats"""
    maps = [[np.asarray(Image.fromarray(c).resize((w, h), filter_)) for c in image] for image in x.numpy()]
    return np.array(maps)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("shape", [(2, 1, 24, 36), (2, 3, 12, 12)])
def test_is_pillows_down_and_up(shape: tuple[int, ...], scale: int) -> None:
    x = rows(*shape)
    h, w = shape[2:]
    small = Downsample(scale, enlarge="none")(x)
    np.testing.assert_allclose(small.numpy(), pillow(x, h // scale, w // scale), atol=2e-6)
    np.testing.assert_allclose(Downsample(scale)(x).numpy(), pillow(small, h, w), atol=2e-6)
    np.testing.assert_allclose(Downsample(scale).enter(small).numpy(), pillow(small, h, w), atol=2e-6)


def test_area_is_the_mean_of_blocks() -> None:
    x = rows(2, 3, 12, 18)
    small = Downsample(3, kernel="area", enlarge="none")(x)
    torch.testing.assert_close(small, x.reshape(2, 3, 4, 3, 6, 3).mean((3, 5)))
    np.testing.assert_allclose(small.numpy(), pillow(x, 4, 6, Image.Resampling.BOX), atol=2e-6)
    enlarged = Downsample(3, kernel="area")(x)
    np.testing.assert_allclose(enlarged.numpy(), pillow(small, 12, 18), atol=2e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_that_of_the_result_alone(dtype: torch.dtype) -> None:
    x, small = rows(2, 3, 12, 12).to(dtype), Downsample(2, enlarge="none")
    assert small(x).equal(small(x.float()).to(dtype))


def test_a_point_shows_keys_kernel() -> None:
    """k(t) = 1.5t³ − 2.5t² + 1 to 1, −0.5t³ + 2.5t² − 4t + 2 to 2; scale 2 asks for it at ¼, ¾, 1¼, 1¾."""
    point = torch.zeros(1, 1, 1, 9, dtype=torch.float64)
    point[..., 4] = 1
    t = torch.tensor([1.75, 1.25, 0.75, 0.25, 0.25, 0.75, 1.25, 1.75], dtype=torch.float64)
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    large = Downsample(2).enter(point)[0, 0, 0]
    torch.testing.assert_close(large[5:13], torch.where(t < 1, near, far), rtol=0, atol=1e-12)
    assert not large[:5].any() and not large[13:].any()


@pytest.mark.parametrize("kernel", ["bicubic", "area"])
def test_blurs_before(kernel: str) -> None:
    x = rows(2, 1, 12, 16)
    soft = torch.from_numpy(gaussian_filter(x.numpy(), (0, 0, 1.3, 1.3), mode="mirror"))
    blurring = Downsample(2, kernel, blur=1.3)  # type: ignore[arg-type]
    torch.testing.assert_close(blurring(x), Downsample(2, kernel)(soft), rtol=0, atol=2e-6)  # type: ignore[arg-type]
    scheduled = Downsample(2, kernel, blur=Linear(0.0, 1.3))  # type: ignore[arg-type]
    Clock(scheduled).set(1.0)
    assert torch.equal(scheduled(x), blurring(x))


def test_grey_stays_grey_and_a_ramp_a_ramp() -> None:
    grey = torch.full((1, 3, 12, 12), 0.3)
    torch.testing.assert_close(Downsample(3)(grey), grey)
    ramp = torch.linspace(0, 1, 60, dtype=torch.float64).expand(1, 1, 60, 60)
    inside = Downsample(3)(ramp)[..., 15:-15]  # at the borders the kernel is cut
    torch.testing.assert_close(inside, ramp[..., 15:-15], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "shape", "expected"),
    [
        ({"scale": 2}, (3, 8, 6), (3, 8, 6)),
        ({"scale": 2, "enlarge": "none"}, (3, 8, 6), (3, 4, 3)),
        ({"scale": 3, "enlarge": "none"}, (1, 9, 6), (1, 3, 2)),
        ({"scale": 4, "enlarge": "none", "kernel": "area"}, (1, 8, 4), (1, 2, 1)),
    ],
)
def test_says_its_shape(settings: dict, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    downsample = Downsample(**settings)
    assert downsample.output_shape(shape) == expected == downsample(rows(2, *shape)).shape[1:]
    if settings.get("enlarge") == "none":
        small = downsample(rows(2, *shape))
        assert torch.equal(downsample.enter(small), small)  # the encoder takes it so


@pytest.mark.parametrize(
    ("attempt", "line"),
    [
        (lambda: Downsample(2).output_shape((7,)), "makes images smaller; these rows are vectors [7]"),
        (lambda: Downsample(3).output_shape((3, 32, 33)),
         "scale must divide both sides of an image, got 3 and sides [32, 33]"),
        (lambda: Downsample(1), "scale must be a whole number from 2, got 1"),
        (lambda: Downsample(2, blur=-1), "blur must not be negative, got -1"),
    ],
)  # fmt: skip
def test_refuses(attempt: Callable[[], object], line: str) -> None:
    with pytest.raises(ValueError) as caught:
        attempt()
    assert str(caught.value) == line


@pytest.mark.skipif("AELAB_DATA" not in os.environ, reason="needs the real files")
@pytest.mark.parametrize(("scale", "expected"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_of_set5_is_what_papers_report(scale: int, expected: float) -> None:
    """[Dong et al. 2016, bicubic on Set5]"""
    paths = sorted((Path(os.environ["AELAB_DATA"]) / "photos" / "Set5").glob("*.png"))
    psnrs = []
    for path in paths:
        rgb = torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None] / 255
        h, w = (side // scale * scale for side in rgb.shape[-2:])
        x = (255 * luminance(rgb[..., :h, :w])).round() / 255
        error = (Downsample(scale)(x) - x)[..., scale:-scale, scale:-scale]
        psnrs.append(-10 * error.square().mean().log10().item())
    assert len(psnrs) == 5 and np.mean(psnrs) == pytest.approx(expected, abs=0.05)
