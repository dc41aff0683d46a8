"""PSNR: torchmetrics' own, image by image."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import peak_signal_noise_ratio

from aelab.metric.psnr import PSNR


@pytest.mark.parametrize("size", [1, 4, 10])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 7, 12)])
def test_is_torchmetrics_own_and_the_definition(shape: tuple[int, ...], size: int) -> None:
    x, x_hat = torch.rand(2, 10, *shape, generator=torch.Generator().manual_seed(0))
    x_hat *= torch.linspace(0.1, 1, 10).view(-1, 1, 1, 1)  # some images much worse than others
    metric = PSNR()
    metric.reset()
    for a, b in zip(x.split(size), x_hat.split(size), strict=True):
        metric.update(a, b)
    theirs = peak_signal_noise_ratio(x_hat, x, data_range=1.0, reduction="elementwise_mean", dim=(1, 2, 3))
    mse = ((x - x_hat).double().numpy() ** 2).mean((1, 2, 3))
    score = metric.compute()["psnr"]
    assert score == pytest.approx(theirs.item(), rel=1e-5)
    assert score == pytest.approx(np.mean(20 * np.log10(1 / np.sqrt(mse))), rel=1e-9)


def test_twenty_decibels_are_an_error_of_a_tenth_and_a_copy_is_capped() -> None:
    metric = PSNR()
    for error, expected in ((0.1, 20), (1.0, 0), (0.0, 100)):
        metric.reset()
        metric.update(torch.zeros(3, 1, 4, 4), torch.full((3, 1, 4, 4), error))
        assert metric.compute() == {"psnr": pytest.approx(expected)}
