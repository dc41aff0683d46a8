"""CIFAR-10: pickled batches, opened only if they are the published ones."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small batches, which torchvision is told are the published ones."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in BATCHES:
        batch = {"data": rng.integers(0, 256, (8, 3072), np.uint8), "labels": rng.integers(0, 10, 8).tolist()}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    md5 = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, md5[name]] for name in BATCHES[:5]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [[name, md5[name]] for name in BATCHES[5:]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {**datasets.CIFAR10.meta, "md5": md5["batches.meta"]})
    return folder


@pytest.mark.parametrize("root", ["", "cifar-10-batches-py"])
def test_rows_are_torchvisions(
    root: str, dataset: Callable[..., Dataset], folder: Path, tmp_path: Path
) -> None:
    rows = dataset("cifar10", f"root='{tmp_path / root}'").setup().rows
    parts = [datasets.CIFAR10(tmp_path, train=train) for train in (True, False)]
    expected = np.concatenate([part.data for part in parts]).transpose(0, 3, 1, 2)
    assert rows.x.dtype == torch.uint8 and np.array_equal(rows.x.numpy(), expected)
    assert rows.y is not None and rows.y.tolist() == parts[0].targets + parts[1].targets
    assert rows.test == 40
    assert rows.classes is not None and rows.classes[0] == "airplane" and rows.classes[9] == "truck"


def test_a_foreign_pickle_is_named_and_never_run(
    dataset: Callable[..., Dataset], folder: Path, tmp_path: Path
) -> None:
    class Attack:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "it ran",)

    (folder / "data_batch_3").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(UserError) as error:
        dataset("cifar10").setup()
    assert str(error.value) == (
        f"dataset.root: {folder / 'data_batch_3'} is truncated or not CIFAR10's "
        "(its MD5 is not the published one); delete it to download it again"
    )
    assert not (tmp_path / "it ran").exists()
