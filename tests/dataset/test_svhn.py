"""SVHN: MATLAB files with the samples last and the digit 0 labelled 10."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

X = np.random.default_rng(0).integers(0, 256, (30, 3, 32, 32), np.uint8)
Y = np.arange(30) % 10


def write(root: Path) -> None:
    for name, part in (("train", slice(0, 20)), ("test", slice(20, 30))):
        y = np.where(Y[part] == 0, 10, Y[part]).astype(np.uint8)[:, None]
        savemat(root / f"{name}_32x32.mat", {"X": X[part].transpose(2, 3, 1, 0), "y": y})


def test_rows(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    (tmp_path / "SVHN").mkdir()
    write(tmp_path / "SVHN")
    rows = dataset("svhn").setup().rows
    assert rows.x.dtype == torch.uint8 and np.array_equal(rows.x.numpy(), X)
    assert rows.y is not None and rows.y.tolist() == Y.tolist()
    assert rows.test == 20


def test_a_mat_file_of_something_else_is_named(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    write(tmp_path)
    savemat(tmp_path / "train_32x32.mat", {"other": np.zeros(3)})
    with pytest.raises(UserError, match=r"train_32x32.mat is truncated or not SVHN's \('X'\)"):
        dataset("svhn").setup()
