"""USPS: compressed text of libsvm."""

import bz2
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError


def write(root: Path) -> None:
    rng = np.random.default_rng(0)
    for name, n in (("usps.bz2", 20), ("usps.t.bz2", 10)):
        pixels = rng.uniform(-1, 1, (n, 256)).round(4)
        pixels[0, :2] = -1, 1
        lines = [
            f"{i % 10 + 1} " + " ".join(f"{k + 1}:{p:g}" for k, p in enumerate(row)) + " \n"
            for i, row in enumerate(pixels)
        ]
        (root / name).write_bytes(bz2.compress("".join(lines).encode()))


def test_rows_are_torchvisions(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    write(tmp_path)
    rows = dataset("usps").setup().rows
    train, test = (datasets.USPS(str(tmp_path), train=train) for train in (True, False))
    assert rows.x.shape == (30, 1, 16, 16) and rows.x.dtype == torch.uint8
    assert np.array_equal(rows.x[:, 0].numpy(), np.concatenate([train.data, test.data]))
    assert rows.x[0, 0, 0, :2].tolist() == [0, 255]
    assert rows.y is not None and rows.y.tolist() == train.targets + test.targets
    assert rows.test == 20


def test_a_truncated_file_is_named(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "usps.t.bz2"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UserError) as error:
        dataset("usps").setup()
    assert str(error.value).startswith(f"dataset.root: {path} is truncated or not USPS's (")
