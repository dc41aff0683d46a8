"""Correntropy: the squared error of small errors, a constant for outliers."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from aelab.loss.correntropy import Correntropy
from aelab.loss.mse import MSE
from aelab.schedule import Clock, Exponential, Linear


def lectures(x: Tensor, x_hat: Tensor, sigma: float) -> Tensor:
    """−Σ_i K_σ(x_i − x̂_i) of every sample, K_σ the normal density"""
    return -Normal(x, torch.full_like(x, sigma)).log_prob(x_hat).exp().flatten(1).sum(1)


@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_is_the_lectures_up_to_a_factor_and_a_constant(pair: tuple[Tensor, Tensor], sigma: float) -> None:
    x, x_hat = pair
    factor, constant = 2 * math.sqrt(2 * math.pi) * sigma**3, 2 * sigma**2 * x[0].numel()
    out = Correntropy(sigma, 1.0)(x, x_hat)
    assert out.shape == (6,)
    torch.testing.assert_close(out, factor * lectures(x, x_hat, sigma) + constant)


@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_its_gradient_is_the_lectures_times_the_factor(pair: tuple[Tensor, Tensor], sigma: float) -> None:
    x, x_hat = pair
    x_hat.requires_grad_()
    (own,) = torch.autograd.grad(Correntropy(sigma, 1.0)(x, x_hat).sum(), x_hat)
    (theirs,) = torch.autograd.grad(lectures(x, x_hat, sigma).sum(), x_hat)
    torch.testing.assert_close(own, 2 * math.sqrt(2 * math.pi) * sigma**3 * theirs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tends_to_the_squared_error_for_large_sigma(pair: tuple[Tensor, Tensor], dtype: torch.dtype) -> None:
    x, x_hat = (part.to(dtype) for part in pair)
    x_hat.requires_grad_()
    for sigma, apart in ((10.0, 0.1), (1e4, 1e-5)):  # in float32, too, where 1 − exp would give 0
        out, mse = Correntropy(sigma, 1.0)(x, x_hat), MSE()(x, x_hat)
        torch.testing.assert_close(out, mse, rtol=apart, atol=0)
        own, theirs = (torch.autograd.grad(each.sum(), x_hat)[0] for each in (out, mse))
        torch.testing.assert_close(own, theirs, rtol=4 * apart, atol=1e-6)


def test_small_errors_have_the_squared_errors_gradient_and_outliers_none() -> None:
    errors = torch.tensor([[1e-3, 0.01, 2.0, 10.0, 1e4]], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(Correntropy(0.2, 1.0)(torch.zeros_like(errors), errors).sum(), errors)
    torch.testing.assert_close(gradient[0, :2], 2 * errors.detach()[0, :2], rtol=2e-3, atol=0)
    assert gradient[0, 2:].abs().max() < 1e-20 and gradient.isfinite().all()


def test_an_outlier_costs_at_most_two_sigma_squared() -> None:
    assert Correntropy(0.5, 1.0)(torch.zeros(1, 3), torch.full((1, 3), 1e6)).item() == pytest.approx(1.5)


def test_its_minimum_ignores_outliers_where_the_squared_error_does_not() -> None:
    x = torch.tensor([[0.0], [0.02], [-0.02], [0.01], [10.0]])
    grid = torch.linspace(-1, 11, 1201)

    def best(term: torch.nn.Module) -> float:
        return grid[
            torch.stack([term(x, torch.full_like(x, g)).sum() for g in grid.tolist()]).argmin()
        ].item()

    assert abs(best(Correntropy(0.2, 1.0))) < 0.02 and best(MSE()) == pytest.approx(2.0, abs=0.02)


def test_a_scheduled_sigma_follows_the_clock(pair: tuple[Tensor, Tensor]) -> None:
    term = Correntropy(Exponential(8.0, 0.5), 1.0)
    clock = Clock(term)
    for progress, sigma in ((0.0, 8.0), (0.5, 2.0), (1.0, 0.5)):
        clock.set(progress)
        torch.testing.assert_close(term(*pair), Correntropy(sigma, 1.0)(*pair))


@pytest.mark.parametrize("sigma", [0, -1.0, float("inf"), float("nan"), Linear(1.0, 0.0)])
def test_refuses_a_sigma_that_is_not_positive(sigma: float) -> None:
    with pytest.raises(ValueError) as caught:
        Correntropy(sigma, 1.0)
    assert str(caught.value) == f"sigma must be positive and finite, got {sigma}; loss=mse is its limit"
