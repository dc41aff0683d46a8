"""Gaussian: a normal density with a fixed, a learned or a per-pixel variance."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from aelab.loss.gaussian import Gaussian
from aelab.loss.mse import MSE
from aelab.trace import Trace


@pytest.mark.parametrize("variance", [0.01, 0.5, 1, 9.0])
def test_fixed_variance_is_the_normal_log_density(pair: tuple[Tensor, Tensor], variance: float) -> None:
    x, x_hat = pair
    term = Gaussian(variance, 1.0, "all", 1e-30).double()
    expected = Normal(x_hat, math.sqrt(variance)).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(term(x, x_hat), -expected, rtol=1e-6, atol=0)  # σ² is kept in float32
    torch.testing.assert_close(term.log_prob(x, Trace(x_hat=x_hat)), expected, rtol=1e-6, atol=0)
    assert term.maps == 1 and not list(term.parameters()) and not term.state_dict()


def test_learned_variance_is_the_normal_log_density(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    term = Gaussian("learned", 1.0, "all", 1e-30).double()
    (logvar,) = term.parameters()
    assert logvar.exp().item() == 1 and term.maps == 1
    with torch.no_grad():
        logvar.fill_(0.7)
    expected = Normal(x_hat, math.exp(0.35)).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(term.log_prob(x, Trace(x_hat=x_hat)), expected)


def test_per_pixel_variance_is_the_normal_log_density(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    term = Gaussian("per_pixel", 1.0, "all", 1e-30)
    assert term.maps == 2 and not list(term.parameters())
    logvar = torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)
    expected = Normal(x_hat, torch.exp(logvar / 2)).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(term(x, x_hat, logvar), -expected)
    torch.testing.assert_close(term.log_prob(x, Trace(x_hat=x_hat, x_logvar=logvar)), expected)


@pytest.mark.parametrize("variance", [0.25, 4.0])
def test_its_density_integrates_to_one(variance: float) -> None:
    x = torch.linspace(-40, 40, 80_001, dtype=torch.float64)[:, None]
    density = (
        Gaussian(variance, 1.0, "all", 1e-30).double().log_prob(x, Trace(x_hat=torch.full_like(x, 0.3))).exp()
    )
    assert torch.trapezoid(density, x.flatten()).item() == pytest.approx(1, abs=1e-6)


def test_at_variance_one_half_it_is_the_squared_error_plus_a_constant(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    constant = Gaussian(0.5, 1.0, "all", 1e-30).double()(x, x_hat) - MSE()(x, x_hat)
    torch.testing.assert_close(
        constant, torch.full_like(constant, x[0].numel() * math.log(math.pi) / 2), rtol=1e-5, atol=1e-5
    )


def test_learned_variance_has_its_optimum_at_the_mean_squared_residual(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    term = Gaussian("learned", 1.0, "all", 1e-30).double()
    residual = (x - x_hat).square().mean().item()
    optimizer = torch.optim.SGD(term.parameters(), lr=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        (term(x, x_hat).mean() / x[0].numel()).backward()
        optimizer.step()
    assert term.logvar.exp().item() == pytest.approx(residual, rel=1e-6)
    assert residual != pytest.approx(1, rel=0.1)  # it had a way to go


def test_per_pixel_variance_has_its_optimum_at_each_squared_residual() -> None:
    x, x_hat = torch.tensor([[0.0, 2.0, -1.0]]), torch.tensor([[0.5, -1.0, 3.0]])
    logvar = (x - x_hat).square().log().requires_grad_()
    (gradient,) = torch.autograd.grad(
        Gaussian("per_pixel", 1.0, "all", 1e-30)(x, x_hat, logvar).sum(), logvar
    )
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))


@pytest.mark.parametrize("variance", [0, -2.5])
def test_refuses_a_variance_that_is_not_positive(variance: float) -> None:
    with pytest.raises(ValueError) as caught:
        Gaussian(variance, 1.0, "all", 1e-30)
    assert str(caught.value) == f"variance must be positive, got {variance}"


def test_takes_the_mean_as_it_is() -> None:
    assert Gaussian.link == "identity" and not Gaussian.unit


@pytest.mark.parametrize("logvar", [-200.0, -20.0, 0.0])
def test_a_trained_variance_stays_above_its_floor(logvar: float) -> None:
    x, x_logvar = torch.zeros(1, 1, dtype=torch.float64), torch.full((1, 1), logvar, dtype=torch.float64)
    term = Gaussian("per_pixel", 1.0, "all", floor=1e-4)
    expected = Normal(x, math.sqrt(1e-4 + math.exp(logvar))).log_prob(x).flatten()  # softplus adds variances
    torch.testing.assert_close(-term(x, x, x_logvar), expected)


def test_refuses_a_floor_that_is_not_positive() -> None:
    with pytest.raises(ValueError, match="floor must be positive, got 0"):
        Gaussian("learned", 1.0, "all", 0)
