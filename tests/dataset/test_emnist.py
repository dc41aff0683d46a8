"""EMNIST: upright images, labels from 0."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from aelab.dataset.dataset import Dataset

UPRIGHT = np.random.default_rng(0).integers(0, 256, (60, 28, 28), np.uint8)


def write(folder: Path, subset: str, labels: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for split, part in (("train", slice(0, 50)), ("test", slice(50, 60))):
        images, y = UPRIGHT[part].transpose(0, 2, 1), labels[part].astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", y)):
            header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            (folder / f"emnist-{subset}-{split}-{kind}-ubyte").write_bytes(header + array.tobytes())


@pytest.mark.parametrize(
    ("subset", "first", "classes"),
    [("letters", 1, 26), ("balanced", 0, 47), ("byclass", 0, 62), ("digits", 0, 10)],
)
def test_subsets(
    subset: str, first: int, classes: int, dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    labels = first + np.arange(60) % classes
    write(tmp_path / "EMNIST/raw", subset, labels)
    rows = dataset("emnist", f"subset={subset}").setup().rows
    assert np.array_equal(rows.x[:, 0].numpy(), UPRIGHT)
    assert rows.y is not None and rows.y.tolist() == (labels - first).tolist()
    assert rows.classes is not None and len(rows.classes) == classes and rows.test == 50
    published = datasets.EMNIST(tmp_path, subset, train=True)
    assert torch.equal(rows.x[:50, 0], published.data.transpose(1, 2))
    names = [published.classes[y] for y in published.targets.tolist()]
    assert [rows.classes[y] for y in rows.y[:50].tolist()] == names
