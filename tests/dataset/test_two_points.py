"""Two points."""

from collections.abc import Callable

import pytest
import torch

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError


def test_half_of_the_rows_each_in_every_split_and_as_they_are(dataset: Callable[..., Dataset]) -> None:
    data = dataset("two_points", "n=1000").setup()
    for rows in data.splits.values():
        x, y = data.batch(rows)
        assert y is not None and x.shape == (len(rows), 1)
        assert torch.equal(x[:, 0], torch.where(y == 1, 1.0, -1.0))
        assert x.sum().abs() <= 2
    assert not data.is_unit and data.rows.classes == ["-1", "1"]


@pytest.mark.parametrize("n", [8, 101])
def test_bad_n(n: int, dataset: Callable[..., Dataset]) -> None:
    with pytest.raises((ValueError, UserError), match=f"n must be even and at least 10, got {n}"):
        dataset("two_points", f"n={n}")
