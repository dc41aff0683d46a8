"""SmoothL1: between the squared error near zero and the absolute one beyond."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from aelab.loss.l1 import L1
from aelab.loss.mse import MSE
from aelab.loss.smooth_l1 import SmoothL1


@pytest.mark.parametrize("beta", [0.1, 1.0, 2.5])
def test_is_the_huber_loss_over_beta(pair: tuple[Tensor, Tensor], beta: float) -> None:
    x, x_hat = pair
    errors = (x_hat - x).abs()
    assert (errors < beta).any() and (errors > beta).any()  # both branches are looked at
    out = SmoothL1(beta, 1.0)(x, x_hat)
    huber = F.huber_loss(x_hat, x, reduction="none", delta=beta) / beta
    torch.testing.assert_close(out, torch.stack([sample.sum() for sample in huber]))


def test_tends_to_the_absolute_error_for_small_beta(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    for beta in (1e-3, 1e-6):
        gap = L1()(x, x_hat) - SmoothL1(beta, 1.0)(x, x_hat)
        assert (gap >= 0).all() and (gap <= x[0].numel() * beta / 2 + 1e-12).all()


def test_is_the_squared_error_over_two_beta_for_large_beta(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    torch.testing.assert_close(SmoothL1(1e3, 1.0)(x, x_hat) * 2e3, MSE()(x, x_hat))


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_value_and_slope_are_continuous_at_beta(beta: float) -> None:
    errors = torch.tensor([[beta - 1e-7], [beta + 1e-7]], dtype=torch.float64, requires_grad=True)
    below, above = SmoothL1(beta, 1.0)(torch.zeros_like(errors), errors)
    assert above.item() == pytest.approx(below.item(), abs=1e-6)
    (slopes,) = torch.autograd.grad(below + above, errors)
    assert slopes.flatten().tolist() == pytest.approx([1.0, 1.0], abs=1e-6)


@pytest.mark.parametrize("beta", [0, -1.0])
def test_refuses_a_beta_that_is_not_positive(beta: float) -> None:
    with pytest.raises(ValueError) as caught:
        SmoothL1(beta, 1.0)
    assert str(caught.value) == f"beta must be positive, got {beta}; loss=l1 is its limit at 0"
