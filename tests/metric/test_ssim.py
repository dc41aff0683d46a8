"""SSIM: torchmetrics' own where its window fits, the definition by hand where it does not."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from aelab.metric import ssim as module
from aelab.metric.ssim import SSIM, ssim_map, window


def pair(n: int, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(n, *shape, generator=generator)
    return x, (x + 0.2 * torch.randn(n, *shape, generator=generator)).clamp(0, 1)


def around(x: np.ndarray, y: np.ndarray, row: int, column: int, width: int) -> float:
    """The similarity of two [h, w] under a Gaussian window in their middle."""
    place = np.arange(width) - width // 2
    weight = np.exp(-(place**2) / (2 * (1.5 * width / 11) ** 2))
    weight = np.outer(weight, weight) / weight.sum() ** 2
    part = np.s_[row - width // 2 : row + width // 2 + 1, column - width // 2 : column + width // 2 + 1]
    x, y = x[part], y[part]
    mean_x, mean_y = (weight * x).sum(), (weight * y).sum()
    var_x, var_y = (weight * (x - mean_x) ** 2).sum(), (weight * (y - mean_y) ** 2).sum()
    cov = (weight * (x - mean_x) * (y - mean_y)).sum()
    return (
        (2 * mean_x * mean_y + 1e-4)
        * (2 * cov + 9e-4)
        / ((mean_x**2 + mean_y**2 + 1e-4) * (var_x + var_y + 9e-4))
    )


@pytest.mark.parametrize("size", [1, 4, 10])
@pytest.mark.parametrize("shape", [(1, 11, 11), (1, 28, 28), (3, 14, 20)])
def test_is_torchmetrics_default(shape: tuple[int, ...], size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    x, x_hat = pair(10, shape)
    metric = SSIM()
    metric.reset()
    for a, b in zip(x.split(size), x_hat.split(size), strict=True):
        metric.update(a, b)
    theirs = structural_similarity_index_measure(x_hat, x, data_range=1.0)
    assert isinstance(theirs, Tensor)
    assert metric.compute() == {"ssim": pytest.approx(theirs.item(), rel=1e-5)}


@pytest.mark.parametrize("side", [3, 5, 8, 9, 16, 28])
def test_is_the_definition_at_the_centre(side: int) -> None:
    x, x_hat = pair(2, (1, side, side + 1))
    there = ssim_map(x, x_hat)
    assert there.shape == x.shape
    middle, width = side // 2, window(side, side + 1)
    if side % 2 == 0 and width == side - 1:
        middle = width // 2  # where the window lies inside
    for i in range(2):
        expected = around(x[i, 0].double().numpy(), x_hat[i, 0].double().numpy(), middle, middle, width)
        assert there[i, 0, middle, middle].item() == pytest.approx(expected, abs=1e-4)


def test_the_window_is_the_largest_odd_one_that_fits() -> None:
    assert [window(h, 100) for h in (1, 2, 3, 4, 7, 8, 10, 11, 12, 28)] == [1, 1, 3, 3, 7, 7, 9, 11, 11, 11]
    assert window(100, 8) == 7


@pytest.mark.parametrize("side", range(1, 14))
def test_is_one_for_a_copy_and_less_for_others_of_any_size(side: int) -> None:
    x, _ = pair(3, (1, side, 9))
    metric = SSIM()
    metric.reset()
    metric.update(x, x.clone())
    assert metric.compute()["ssim"] == pytest.approx(1, abs=1e-5)
    metric.reset()
    metric.update(x, 1 - x)
    score = metric.compute()["ssim"]
    assert math.isfinite(score) and score < 0.95


def test_no_convolution_of_fewer_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU rounds to 10 bits unless it is told not to; of a photo in slight noise that took 0.05 off."""
    cudnn, seen = torch.backends.cudnn, []
    convolved = torch.nn.functional.conv2d
    before = cudnn.allow_tf32

    def spy(*given: Any, **named: Any) -> Tensor:
        seen.append(cudnn.allow_tf32)
        return convolved(*given, **named)

    monkeypatch.setattr(torch.nn.functional, "conv2d", spy)
    ssim_map(*pair(1, (1, 16, 16)))
    assert seen and not any(seen) and cudnn.allow_tf32 == before


@pytest.mark.parametrize("h", [70, 129, 200])
def test_a_large_image_in_strips_is_the_same(h: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, x_hat = pair(1, (3, h, 15))
    whole = ssim_map(x, x_hat)
    monkeypatch.setattr(module, "PIXELS", 1)  # of 64 rows
    torch.testing.assert_close(ssim_map(x, x_hat), whole)
