"""A sheet rolled up."""

import math
from collections.abc import Callable

import pytest
import torch

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]


@pytest.mark.parametrize("dim", [2, 3])
def test_without_noise_it_is_the_spiral_whose_radius_is_its_angle(dim: int, dataset: Make) -> None:
    data = dataset("swiss_roll", "noise=0", f"dim={dim}").setup()
    spiral = data.rows.x[:, [0, -1]]
    t = spiral.norm(dim=1)
    torch.testing.assert_close(spiral, torch.stack([t * t.cos(), t * t.sin()], 1), atol=1e-4, rtol=0)
    assert 1.5 * math.pi - 1e-4 < t.min() < 4.8 and 14.0 < t.max() < 4.5 * math.pi + 1e-4
    assert data.shape == (dim,)


def test_the_sheet_is_21_high(dataset: Make) -> None:
    h = dataset("swiss_roll", "noise=0").setup().rows.x[:, 1]
    assert 0 <= h.min() < 0.1 and 20.9 < h.max() <= 21
    assert float(h.mean()) == pytest.approx(10.5, abs=5 * 21 / math.sqrt(12 * 5000))


def test_labels_are_the_quarter_turns_of_the_clean_spiral(dataset: Make) -> None:
    clean, noisy = (dataset("swiss_roll", f"noise={noise}").setup().rows for noise in (0, 2))
    t = clean.x[:, [0, 2]].norm(dim=1)
    assert clean.y is not None and noisy.y is not None and torch.equal(clean.y, noisy.y)
    for k in range(6):
        own = t[clean.y == k] / (math.pi / 2)
        assert 3 + k - 1e-4 < own.min() < own.max() < 4 + k + 1e-4
        assert abs(len(own) - 5000 / 6) < 5 * math.sqrt(5000 / 6)
    assert clean.classes == [f"quarter turn {k}" for k in range(1, 7)]


def test_noise_is_its_standard_deviation(dataset: Make) -> None:
    clean, noisy = (dataset("swiss_roll", f"noise={noise}").setup().rows.x for noise in (0, 0.5))
    torch.testing.assert_close((noisy - clean).std(0), torch.full((3,), 0.5), rtol=0.05, atol=0)


@pytest.mark.parametrize("dim", [1, 4])
def test_other_dimensions_are_refused(dim: int, dataset: Make) -> None:
    with pytest.raises((ValueError, UserError), match=f"dim must be 3, or 2 for a flat spiral, got {dim}"):
        dataset("swiss_roll", f"dim={dim}")
