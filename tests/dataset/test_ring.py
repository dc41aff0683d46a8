"""A Gaussian bent to a ring."""

import math
from collections.abc import Callable

import pytest
import torch

from aelab.dataset.dataset import Dataset


def test_without_noise_it_is_the_unit_circle(dataset: Callable[..., Dataset]) -> None:
    data = dataset("ring", "noise=0").setup()
    torch.testing.assert_close(data.rows.x.norm(dim=1), torch.ones(5000))
    assert data.rows.y is None


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_the_radius_is_one_and_a_rayleigh(noise: float, dataset: Callable[..., Dataset]) -> None:
    radius = dataset("ring", "n=50000", f"noise={noise}").setup().rows.x.norm(dim=1)
    assert radius.min() >= 1 - 1e-6
    assert float(radius.mean()) == pytest.approx(1 + noise * math.sqrt(math.pi / 2), abs=0.01 * noise)
    assert float(radius.var()) == pytest.approx(noise**2 * (2 - math.pi / 2), rel=0.05)


def test_all_directions_are_alike(dataset: Callable[..., Dataset]) -> None:
    x = dataset("ring", "n=40000").setup().rows.x
    counts = torch.histc(torch.atan2(x[:, 1], x[:, 0]), 8, -math.pi, math.pi)
    assert (counts - 5000).abs().max() < 5 * math.sqrt(5000)
