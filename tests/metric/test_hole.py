"""The hole: scores of what was hidden, by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from aelab.metric.hole import Hole


def scored(x: Tensor, x_hat: Tensor, mask: Tensor, size: int = 100) -> dict[str, float]:
    metric = Hole()
    metric.reset()
    for parts in zip(x.split(size), x_hat.split(size), mask.split(size), strict=True):
        metric.update(*parts)
    return metric.compute()


def holes(n: int, h: int, w: int) -> Tensor:
    """[n, 1, h, w]: rectangles of several sizes."""
    mask = torch.zeros(n, 1, h, w)
    for i in range(n):
        mask[i, :, 2 : 4 + i % 3, 3 : 5 + i % 2] = 1
    return mask


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_is_the_error_of_the_hidden_pixels_alone(channels: int, size: int) -> None:
    x, x_hat = torch.rand(2, 7, channels, 12, 13, generator=torch.Generator().manual_seed(0))
    mask = holes(7, 12, 13)
    maps = structural_similarity_index_measure(
        x_hat, x, data_range=1.0, reduction="none", return_full_image=True
    )[1]
    decibels, similarities = [], []
    for i in range(7):
        top, left, bottom, right = 2, 3, 4 + i % 3, 5 + i % 2
        inside = np.s_[i, :, top:bottom, left:right]
        mse = (x[inside] - x_hat[inside]).double().square().mean().item()
        decibels.append(-10 * math.log10(mse))
        similarities.append(maps[inside].mean().item())
    expected = {"hole_psnr": np.mean(decibels), "hole_ssim": np.mean(similarities)}
    assert scored(x, x_hat, mask, size) == pytest.approx(expected, rel=1e-5)


def test_what_is_far_from_the_hole_does_not_count() -> None:
    x, x_hat = torch.rand(2, 4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    mask = holes(4, 28, 28)
    other = x_hat.clone()
    other[..., 15:] = 0
    assert scored(x, x_hat, mask) == scored(x, other, mask)


def test_a_filled_hole_is_a_hundred_decibels_and_images_without_one_are_left_out() -> None:
    x = torch.rand(4, 1, 12, 12)
    mask = holes(4, 12, 12)
    assert scored(x, x, mask) == pytest.approx({"hole_psnr": 100, "hole_ssim": 1}, abs=1e-4)
    mask[1:] = 0
    x_hat = x.clone()
    x_hat[1:] = 0.5
    assert scored(x, x_hat, mask.bool()) == pytest.approx({"hole_psnr": 100, "hole_ssim": 1}, abs=1e-4)


def test_without_holes_there_is_nothing_to_say() -> None:
    x = torch.rand(4, 1, 12, 12)
    assert scored(x, x, torch.zeros(4, 1, 12, 12)) == {}
