"""Clusters around a circle."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]


def test_each_component_has_its_mean_its_deviation_and_its_share(dataset: Make) -> None:
    settings = ("n=20002", "components=4", "radius=3", "noise=0.2")
    data = dataset("gaussian_mixture", *settings).setup()
    x, y = data.rows.x, data.rows.y
    assert y is not None and sorted(torch.bincount(y).tolist()) == [5000, 5000, 5001, 5001]
    for k, mean in enumerate([(3, 0), (0, 3), (-3, 0), (0, -3)]):
        own = x[y == k]
        np.testing.assert_allclose(own.mean(0), mean, atol=5 * 0.2 / 5000**0.5)
        np.testing.assert_allclose(np.cov(own.T.numpy()), 0.04 * np.eye(2), atol=0.004)
    assert data.rows.classes == [f"component {k}" for k in range(4)]


def test_without_noise_a_component_is_its_mean(dataset: Make) -> None:
    x = dataset("gaussian_mixture", "components=7", "radius=2", "noise=0").setup().rows.x
    assert len(x.unique(dim=0)) == 7
    torch.testing.assert_close(x.norm(dim=1), torch.full((5000,), 2.0))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("components=0", "components must lie in [1, n = 5000], got 0"),
        ("components=5001", "components must lie in [1, n = 5000], got 5001"),
        ("radius=-1", "radius must be finite and not negative, got -1"),
    ],
)
def test_bad_settings(setting: str, said: str, dataset: Make) -> None:
    with pytest.raises((ValueError, UserError)) as error:
        dataset("gaussian_mixture", setting)
    assert said in str(error.value)
