"""Images that do not fit: decoded once into the cache, mapped from there, the same rows."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from aelab.dataset import images
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
SMALL = "memory=1e-6"  # a kilobyte


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for i in range(30):
        path = tmp_path / "photos" / ("a" if i % 3 else "b") / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9, 7, 3), np.uint8)).save(path)
    return tmp_path / "photos"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were decoded."""
    seen, load = [], images.load

    def watch(path: Path, shape: images.Shape) -> np.ndarray:
        seen.append(path)
        return load(path, shape)

    monkeypatch.setattr(images, "load", watch)
    return seen


def test_same_rows_as_in_memory(dataset: Make, photos: Path) -> None:
    small, large = (dataset("image_folder", f"root={photos}", *over).setup() for over in ([SMALL], []))
    assert small.rows.mapped and not large.rows.mapped
    assert torch.equal(small.rows.x, large.rows.x)
    assert small.rows.names == large.rows.names and small.rows.classes == large.rows.classes
    picked = small.splits["train"]
    for got, expected in zip(small.batch(picked), large.batch(picked), strict=True):
        assert got is not None and expected is not None and torch.equal(got, expected)


def test_decoded_once_until_a_file_changes(dataset: Make, photos: Path, decoded: list[Path]) -> None:
    def again(*over: str) -> int:
        decoded.clear()
        dataset("image_folder", f"root={photos}", SMALL, *over).setup()
        return len(decoded)

    assert again() == 30
    assert again() == 0
    assert again("size=4") == 30
    os.utime(photos / "b/00.png", (1, 1))
    assert again() == 30


def test_more_memory_leaves_the_cache_aside(dataset: Make, photos: Path, decoded: list[Path]) -> None:
    dataset("image_folder", f"root={photos}", SMALL).setup()
    assert not dataset("image_folder", f"root={photos}").setup().rows.mapped
    assert len(decoded) == 60


def test_unreadable_images_are_remembered(dataset: Make, photos: Path, decoded: list[Path]) -> None:
    (photos / "a/01.png").write_bytes(b"none")
    with pytest.raises(UserError, match=r"1 of 30 images cannot be read: a/01.png \(not an image\)"):
        dataset("image_folder", f"root={photos}", SMALL).setup()
    decoded.clear()
    rows = dataset("image_folder", f"root={photos}", SMALL, "skip_unreadable=true").setup().rows
    assert len(rows.x) == 29 and rows.names is not None and "a/01.png" not in rows.names
    assert not decoded


def test_an_interrupted_decoding_leaves_nothing(
    dataset: Make, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path, shape: images.Shape) -> np.ndarray:
        raise KeyboardInterrupt

    monkeypatch.setattr(images, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        dataset("image_folder", f"root={photos}", SMALL).setup()
    assert not list((tmp_path / "cache/aelab/images").iterdir())


def test_a_full_disk_is_said_before_decoding(
    dataset: Make, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[Path]
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(UserError) as error:
        dataset("image_folder", f"root={photos}", SMALL).setup()
    assert str(error.value).startswith("dataset.memory: 0.0 GiB of decoded images exceed it, and ")
    assert not decoded
