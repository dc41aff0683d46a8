"""Sparsity: counts of codes whose zeros were put there."""

import pytest
import torch
from torch import Tensor

from aelab.metric.sparsity import Sparsity


def scored(z: Tensor, threshold: float, size: int = 7) -> dict[str, float]:
    metric = Sparsity(threshold)
    metric.reset()
    for part in z.split(size):
        metric.update(part)
    return metric.compute()


@pytest.mark.parametrize("size", [1, 7, 40])
def test_a_signed_k_sparse_code_has_k_of_d_in_use(size: int) -> None:
    d, k = 20, 3
    z = torch.zeros(40, d)
    for i in range(40):
        z[i, [i % 5, 5 + i % 5, 10 + i % 5]] = torch.tensor([1.0, -2.0, 0.5])
    assert scored(z, 0.0, size) == pytest.approx(
        {"mean_activation": -0.5 / d, "active_fraction": k / d, "dead_units": 5}
    )


def test_of_a_sigmoid_the_mean_is_rho_and_the_threshold_tells_what_is_off() -> None:
    z = torch.tensor([[0.9, 0.005, 0.2], [0.001, 0.004, 0.3]])
    assert scored(z, 0.01) == pytest.approx(
        {"mean_activation": 1.41 / 6, "active_fraction": 3 / 6, "dead_units": 1}
    )
    assert scored(z, 0.0)["active_fraction"] == 1
    assert scored(z, 0.25)["dead_units"] == 1 and scored(z, 0.95)["dead_units"] == 3


def test_a_unit_alive_on_one_row_of_one_batch_is_not_dead() -> None:
    z = torch.zeros(50, 2, 2)
    z[33, 1, 0] = -1
    assert scored(z, 0.01) == pytest.approx(
        {"mean_activation": -1 / 200, "active_fraction": 1 / 200, "dead_units": 3}
    )


def test_reset_forgets_and_nothing_seen_says_nothing() -> None:
    metric = Sparsity(0.0)
    metric.reset()
    metric.update(torch.ones(3, 4))
    metric.reset()
    assert metric.compute() == {}
    metric.update(torch.zeros(3, 5))
    assert metric.compute() == {"mean_activation": 0, "active_fraction": 0, "dead_units": 5}


def test_refuses_a_negative_threshold() -> None:
    with pytest.raises(ValueError, match=r"threshold must not be negative, got -0\.1"):
        Sparsity(-0.1)
