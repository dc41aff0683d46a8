"""What all toy data sets share: their rows come from split_seed, their units keep their shape."""

from collections.abc import Callable

import pytest
import torch

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
NAMES = ["gaussian_mixture", "ring", "swiss_roll", "two_moons"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_follow_split_seed_alone(name: str, dataset: Make) -> None:
    torch.manual_seed(1)
    x = dataset(name, "n=100").setup().rows.x
    torch.manual_seed(2)
    assert torch.equal(dataset(name, "n=100").setup().rows.x, x)
    assert not torch.equal(dataset(name, "n=100", "split_seed=1").setup().rows.x, x)
    assert x.shape == (100, 3 if name == "swiss_roll" else 2) and x.dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_model_units_are_centred_and_keep_distances_in_proportion(name: str, dataset: Make) -> None:
    data = dataset(name).setup()
    x, _ = data.batch(data.splits["train"])
    torch.testing.assert_close(x.mean(0), torch.zeros(x.shape[1]), atol=1e-4, rtol=0)
    torch.testing.assert_close(x.var(0, correction=0).mean(), torch.tensor(1.0), atol=1e-4, rtol=0)
    raw = data.rows.x[data.splits["train"]]
    ratio = torch.pdist(raw[:50]) / torch.pdist(x[:50])
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-2, atol=0)
    torch.testing.assert_close(data.scale.inverse(x), raw, rtol=1e-4, atol=1e-4)


def test_one_point_many_times_stays_finite(dataset: Make) -> None:
    data = dataset("gaussian_mixture", "components=1", "noise=0").setup()
    assert data.batch(data.splits["train"])[0].abs().max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("n=9", "n must be at least 10, got 9"),
        ("noise=-0.1", "noise must be finite and not negative, got -0.1"),
        ("noise=.nan", "noise must be finite and not negative, got nan"),
        ("split_seed=-1", "split_seed must lie in [0, 2³²), got -1"),
    ],
)
def test_bad_settings(name: str, setting: str, said: str, dataset: Make) -> None:
    with pytest.raises((ValueError, UserError)) as error:
        dataset(name, setting)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_ten_points_are_enough(name: str, dataset: Make) -> None:
    data = dataset(name, "n=10").setup()
    assert sorted(data.splits) == ["test", "train", "val"]
