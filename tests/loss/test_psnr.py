"""PSNR as a loss: the metric's own number, and a gradient in which every image weighs alike."""

import pytest
import torch

from aelab.loss.psnr import PSNR
from aelab.metric.psnr import PSNR as Metric


def test_is_the_negative_of_the_metric() -> None:
    x, x_hat = torch.rand(2, 6, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    metric = Metric()
    metric.reset()
    metric.update(x, x_hat)
    loss = PSNR(1.0, 1e-12)(x, x_hat)
    assert loss.shape == (6,)
    assert loss.mean().item() == pytest.approx(-metric.compute()["psnr"], rel=1e-9)


def test_an_image_ten_times_nearer_pulls_as_much_on_its_error() -> None:
    x = torch.zeros(2, 1, 4, 4, dtype=torch.float64)
    errors = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x_hat = torch.cat([errors, errors / 10]).requires_grad_()
    PSNR(1.0, 1e-12)(x, x_hat).sum().backward()
    assert x_hat.grad is not None
    along = (x_hat.grad * x_hat).sum((1, 2, 3))  # what a step by a share of the error gains, in dB
    assert along.detach().tolist() == pytest.approx([20 / torch.tensor(10.0).log().item()] * 2, rel=1e-6)


def test_a_copy_has_a_finite_loss_and_epsilon_is_positive() -> None:
    x = torch.rand(2, 1, 4, 4)
    assert PSNR(1.0, 1e-4)(x, x).tolist() == pytest.approx([-40, -40])
    with pytest.raises(ValueError, match="epsilon must be positive, got 0"):
        PSNR(1.0, 0.0)
