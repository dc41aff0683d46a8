"""Reconstruction errors: means over samples, batch by batch, in double precision."""

import pytest
import torch
from sklearn.metrics import mean_squared_error

from aelab.metric.reconstruction import Reconstruction


@pytest.mark.parametrize("sizes", [[30], [10, 20], [7, 1, 22], [1] * 30])
@pytest.mark.parametrize("shape", [(7,), (1, 5, 4), (3, 4, 6)])
def test_is_scikit_learns_mean_squared_error_however_it_is_batched(
    shape: tuple[int, ...], sizes: list[int]
) -> None:
    generator = torch.Generator().manual_seed(0)
    x, x_hat = torch.rand(2, 30, *shape, generator=generator)
    metric = Reconstruction()
    metric.reset()
    for a, b in zip(x.split(sizes), x_hat.split(sizes), strict=True):
        metric.update(a, b)
    mse = mean_squared_error(x.flatten(1).double().numpy(), x_hat.flatten(1).double().numpy())
    scores = metric.compute()
    assert scores == pytest.approx({"mse": mse, "sse": mse * x[0].numel()}, rel=1e-6)
    assert all(type(score) is float for score in scores.values())


def test_reset_forgets() -> None:
    metric = Reconstruction()
    for error in (3.0, 2.0):
        metric.reset()
        metric.update(torch.zeros(4, 5), torch.full((4, 5), error))
        assert metric.compute() == {"mse": error**2, "sse": 5 * error**2}


@pytest.mark.parametrize("size", [1, 10, 201])
def test_small_errors_are_not_lost_in_a_large_sum(size: int) -> None:
    """Twenty beside 10⁹: a sum in single precision would not move."""
    x_hat = torch.full((201, 1000), 1e-2)
    x_hat[0] = 1000.0
    metric = Reconstruction()
    metric.reset()
    for part in x_hat.split(size):
        metric.update(torch.zeros_like(part), part)
    assert metric.compute()["sse"] == pytest.approx((10**9 + 20) / 201, rel=1e-9)
