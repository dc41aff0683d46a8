"""Two half circles."""

from collections.abc import Callable

import torch

from aelab.dataset.dataset import Dataset


def test_without_noise_each_moon_is_half_of_its_circle(dataset: Callable[..., Dataset]) -> None:
    data = dataset("two_moons", "noise=0").setup()
    x, y = data.rows.x, data.rows.y
    assert y is not None and torch.bincount(y).tolist() == [2500, 2500]
    for moon, centre, sign in ((0, (0.0, 0.0), 1), (1, (1.0, 0.5), -1)):
        own = x[y == moon] - torch.tensor(centre)
        torch.testing.assert_close(own.norm(dim=1), torch.ones(2500))
        assert (sign * own[:, 1]).min() > -1e-6
        assert own[:, 0].min() < -0.99 and own[:, 0].max() > 0.99
    assert data.rows.classes == ["upper moon", "lower moon"]


def test_noise_is_its_standard_deviation(dataset: Callable[..., Dataset]) -> None:
    """Same seed, same shuffle: what differs is the noise."""
    clean, noisy = (
        dataset("two_moons", f"noise={noise}").setup().rows.x for noise in (1e-9, 0.05)
    )  # 0 would draw none
    torch.testing.assert_close((noisy - clean).std(0), torch.full((2,), 0.05), rtol=0.05, atol=0)


def test_an_odd_point_more(dataset: Callable[..., Dataset]) -> None:
    y = dataset("two_moons", "n=101").setup().rows.y
    assert y is not None and sorted(torch.bincount(y).tolist()) == [50, 51]
