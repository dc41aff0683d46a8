"""STL-10: plain bytes, column by column; the unlabelled part on demand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

SIZES = {"train": 20, "unlabeled": 12, "test": 10}
X = {name: np.random.default_rng(n).integers(0, 256, (n, 3, 96, 96), np.uint8) for name, n in SIZES.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    for name, x in X.items():
        x.transpose(0, 1, 3, 2).tofile(folder / f"{name}_X.bin")
        if name != "unlabeled":
            (np.arange(len(x)) % 10 + 1).astype(np.uint8).tofile(folder / f"{name}_y.bin")
    return folder


def test_labelled_rows(dataset: Callable[..., Dataset], folder: Path) -> None:
    (folder / "unlabeled_X.bin").unlink()  # 2.6 GB that need not be there
    rows = dataset("stl10").setup().rows
    assert np.array_equal(rows.x.numpy(), np.concatenate([X["train"], X["test"]]))
    assert rows.y is not None and rows.y.tolist() == [*range(10), *range(10), *range(10)]
    assert rows.test == 20 and rows.x.dtype == torch.uint8


def test_unlabelled_rows_train_with_label_minus_one(dataset: Callable[..., Dataset], folder: Path) -> None:
    data = dataset("stl10", "unlabelled=true", "val_fraction=0.25").setup()
    rows = data.rows
    assert np.array_equal(rows.x.numpy(), np.concatenate(list(X.values())))
    assert rows.y is not None and rows.y[20:32].tolist() == [-1] * 12 and rows.y.max() == 9
    assert data.splits["test"].tolist() == list(range(32, 42))
    assert (rows.y[data.splits["val"]] == -1).sum() == 3  # a quarter of the twelve
    _, y = data.batch(torch.arange(18, 22))
    assert y is not None and y.tolist() == [8, 9, -1, -1]


def test_a_truncated_file_is_named(dataset: Callable[..., Dataset], folder: Path) -> None:
    path = folder / "test_X.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError) as error:
        dataset("stl10").setup()
    assert str(error.value).startswith(f"dataset.root: {path} is truncated or not STL10's (276479 bytes)")
