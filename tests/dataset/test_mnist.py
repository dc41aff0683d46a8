"""The MNIST family: idx files in any folder, read as torchvision reads them."""

import gzip
import logging
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

RNG = np.random.default_rng(0)
IMAGES = {
    "train": RNG.integers(0, 256, (30, 28, 28), np.uint8),
    "t10k": RNG.integers(0, 256, (10, 28, 28), np.uint8),
}
LABELS = {name: np.arange(len(images), dtype=np.uint8) % 10 for name, images in IMAGES.items()}
Make = Callable[..., Dataset]


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in IMAGES:
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(IMAGES[name]))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(LABELS[name]))
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """As without a network; torchvision's own error for it."""
    from urllib.error import URLError

    def refuse(*args: object, **kwargs: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


@pytest.mark.parametrize(
    ("name", "source"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_rows_are_torchvisions(name: str, source: str, dataset: Make, tmp_path: Path) -> None:
    write(tmp_path / source / "raw")
    rows = dataset(name).setup().rows
    train, test = (getattr(datasets, source)(tmp_path, train=train) for train in (True, False))
    assert rows.x.dtype == torch.uint8 and rows.x.shape == (40, 1, 28, 28)
    assert torch.equal(rows.x[:, 0], torch.cat([train.data, test.data]))
    assert rows.y is not None and torch.equal(rows.y, torch.cat([train.targets, test.targets]))
    assert rows.test == 30 and rows.classes is not None and len(rows.classes) == 10


def test_official_test_rows_are_the_test_split(dataset: Make, tmp_path: Path) -> None:
    write(tmp_path / "MNIST/raw")
    data = dataset("mnist").setup()
    assert data.splits["test"].tolist() == list(range(30, 40))
    assert data.rows.classes == [str(digit) for digit in range(10)]


@pytest.mark.parametrize("root", ["", "MNIST", "MNIST/raw"])
def test_root_may_be_any_folder_above_the_files(root: str, dataset: Make, tmp_path: Path) -> None:
    write(tmp_path / "MNIST/raw")
    assert len(dataset("mnist", f"root='{tmp_path / root}'").setup().rows.x) == 40


def test_compressed_files_are_read_as_they_are(dataset: Make, tmp_path: Path) -> None:
    folder = write(tmp_path / "mnist")
    for path in list(folder.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert np.array_equal(dataset("mnist").setup().rows.x[:30, 0].numpy(), IMAGES["train"])


def test_a_siblings_files_are_not_taken(dataset: Make, tmp_path: Path) -> None:
    write(tmp_path / "MNIST/raw")
    for root in ("MNIST", "MNIST/raw"):
        with pytest.raises(UserError, match="no FashionMNIST under"):
            dataset("fashion_mnist", f"root='{tmp_path / root}'").setup()


def test_missing_without_a_network(dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        dataset("mnist", "root=data").setup()
    assert str(error.value) == (
        "dataset.root: no MNIST under 'data' and it could not be downloaded (no network). "
        "Put the files in data/MNIST/raw, or use dataset=digits."
    )
    assert not Path("data").exists()  # nothing left behind


def test_some_files_missing(dataset: Make, tmp_path: Path) -> None:
    folder = write(tmp_path / "MNIST/raw")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError) as error:
        dataset("mnist").setup()
    assert str(error.value).startswith(
        f"dataset.root: {folder} lacks t10k-labels-idx1-ubyte and it could not be"
    )
    assert len(list(folder.iterdir())) == 3


def test_downloads_through_torchvision(
    dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def arrive(self: datasets.MNIST) -> None:
        write(Path(self.raw_folder))

    monkeypatch.setattr(datasets.MNIST, "download", arrive)
    with caplog.at_level(logging.INFO):
        assert len(dataset("mnist").setup().rows.x) == 40
    assert f"downloading MNIST into {tmp_path / 'MNIST/raw'}" in caplog.text


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda b: b[:-100], "23520 bytes announced, 23420 found"),
        (lambda b: b[:3], "no idx header of bytes"),
        (lambda b: b"", "cannot mmap an empty file"),
        (lambda b: b"\x89PNG" + b[4:], "no idx header of bytes"),
        (lambda b: idx(np.zeros((30, 5, 5), np.uint8)), "images of [1, 5, 5], not [1, 28, 28]"),
        (lambda b: idx(np.zeros(30, np.uint8)), "'x'"),
        (lambda b: idx(IMAGES["train"][:29]), "29 images, labels of shape [30]"),
    ],
)
def test_a_broken_file_is_named(
    broken: Callable[[bytes], bytes], said: str, dataset: Make, tmp_path: Path
) -> None:
    path = write(tmp_path / "MNIST/raw") / "train-images-idx3-ubyte"
    path.write_bytes(broken(path.read_bytes()))
    with pytest.raises(UserError) as error:
        dataset("mnist").setup()
    line = str(error.value)
    assert line.startswith(f"dataset.root: {path.parent}/train-") and "\n" not in line
    assert f"is truncated or not MNIST's ({said}" in line
    assert line.endswith("delete it to download it again")


def test_labels_of_another_data_set_are_refused(dataset: Make, tmp_path: Path) -> None:
    path = write(tmp_path / "MNIST/raw") / "t10k-labels-idx1-ubyte"
    path.write_bytes(idx(LABELS["t10k"] + 20))
    with pytest.raises(
        UserError, match=r"t10k-labels-idx1-ubyte is truncated or not MNIST's \(labels from 20 to 29"
    ):
        dataset("mnist").setup()


@pytest.mark.skipif("AELAB_DATA" not in os.environ, reason="needs the real files")
def test_the_real_mnist_lives_once_as_bytes(dataset: Make) -> None:
    tracemalloc.start()
    data = dataset("mnist", f"root={os.environ['AELAB_DATA']}").setup()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data.rows.x.nbytes == 70_000 * 784
    assert peak < 10e6  # NumPy holds no copy beside the tensor
    assert data.rows.y is not None and data.rows.y.bincount()[:3].tolist() == [6903, 7877, 6990]
    assert {name: len(rows) for name, rows in data.splits.items()} == {
        "train": 54000,
        "val": 6000,
        "test": 10000,
    }
