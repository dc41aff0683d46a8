"""A folder of photos: classes, official splits, sizes, and what cannot be read."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]


def photo(path: Path, number: int, size: tuple[int, int] = (5, 4), mode: str = "L") -> np.ndarray:
    """A picture that only this number gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = size if mode == "L" else (*size, 3)
    pixels = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_flat_folder_is_unlabelled_and_sorted(dataset: Make, tmp_path: Path) -> None:
    expected = {f"{i}.png": photo(tmp_path / f"{i}.png", i) for i in (10, 2, 1, 30)}
    (tmp_path / "Thumbs.db").write_bytes(b"no image")
    rows = dataset("image_folder").setup().rows
    order = ["1.png", "10.png", "2.png", "30.png"]
    assert rows.names == order
    assert np.array_equal(rows.x[:, 0].numpy(), np.stack([expected[name] for name in order]))
    assert rows.y is None and rows.classes is None and rows.test is None and not rows.mapped


def test_class_folders_are_labels(dataset: Make, tmp_path: Path) -> None:
    for i in range(6):
        photo(tmp_path / ("dog", "ant", "cat")[i % 3] / f"{i}.png", i)
    rows = dataset("image_folder").setup().rows
    assert rows.classes == ["ant", "cat", "dog"]
    assert rows.y is not None and rows.y.tolist() == [0, 0, 1, 1, 2, 2] and rows.y.dtype == torch.int64
    assert rows.names is not None and rows.names[0] == "ant/1.png"


def test_a_picture_beside_class_folders_has_no_label(dataset: Make, tmp_path: Path) -> None:
    for i, name in enumerate(("a/x.png", "b/x.png", "loose.png")):
        photo(tmp_path / name, i)
    rows = dataset("image_folder").setup().rows
    assert rows.y is not None and rows.y.tolist() == [0, 1, -1]


def test_one_folder_is_no_class(dataset: Make, tmp_path: Path) -> None:
    for i in range(4):
        photo(tmp_path / "holiday" / f"{i}.png", i)
    assert dataset("image_folder").setup().rows.y is None


def test_train_and_test_folders_are_the_official_split(dataset: Make, tmp_path: Path) -> None:
    for i in range(20):
        photo(tmp_path / "Train" / ("a" if i % 2 else "b") / f"{i:02}.png", i)
    for i in range(4):
        photo(tmp_path / "test" / "b" / f"{i}.png", 100 + i)
    data = dataset("image_folder").setup()
    assert data.rows.test == 20 and data.rows.classes == ["a", "b"]
    assert data.splits["test"].tolist() == [20, 21, 22, 23]
    assert data.rows.y is not None and data.rows.y[20:].tolist() == [1] * 4
    assert len(data.splits["val"]) == 2


def test_val_folder_is_the_validation_split_and_without_test_the_test_split(
    dataset: Make, tmp_path: Path
) -> None:
    for i, name in enumerate(("train/0.png", "train/1.png", "val/0.png")):
        photo(tmp_path / name, i)
    data = dataset("image_folder", "val_fraction=0").setup()
    assert {name: rows.tolist() for name, rows in data.splits.items()} == {"train": [0, 1], "test": [2]}
    photo(tmp_path / "test/0.png", 9)
    data = dataset("image_folder").setup()
    assert {name: rows.tolist() for name, rows in data.splits.items()} == {
        "train": [0, 1],
        "val": [2],
        "test": [3],
    }
    assert data.rows.names == ["train/0.png", "train/1.png", "val/0.png", "test/0.png"]


def test_what_is_in_neither_split_is_refused(dataset: Make, tmp_path: Path) -> None:
    for i, name in enumerate(("train/0.png", "test/1.png", "more/0.png")):
        photo(tmp_path / name, i)
    with pytest.raises(UserError) as error:
        dataset("image_folder").setup()
    assert (
        str(error.value) == f"dataset.root: '{tmp_path}' holds train and test, but more/0.png is in neither"
    )


def test_colour_if_any_has_colour_unless_told_otherwise(dataset: Make, tmp_path: Path) -> None:
    grey = photo(tmp_path / "a.png", 1)
    for i in range(3):
        photo(tmp_path / f"b{i}.png", i, mode="RGB")
    data = dataset("image_folder").setup()
    assert data.shape == (3, 5, 4)
    assert np.array_equal(data.rows.x[0].numpy(), np.stack([grey] * 3))
    assert dataset("image_folder", "channels=1").setup().shape == (1, 5, 4)


def test_different_sizes_need_a_size(dataset: Make, tmp_path: Path) -> None:
    for i in range(4):
        photo(tmp_path / f"{i}.png", i, size=(30, 20) if i == 2 else (40, 20))
    with pytest.raises(UserError) as error:
        dataset("image_folder").setup()
    assert str(error.value) == (
        "dataset.size: the images differ in size, 0.png is [40, 20] and 2.png is [30, 20]; "
        "give one, for example dataset.size=64"
    )
    assert dataset("image_folder", "size=16").setup().shape == (1, 16, 16)
    assert dataset("image_folder", "size=[8,12]").setup().shape == (1, 8, 12)
    assert dataset("image_folder", "size=[8,12]", "channels=3").setup().shape == (3, 8, 12)


@pytest.mark.parametrize("size", ["0", "[8,0]", "[1,2,3]"])
def test_impossible_sizes(size: str, dataset: Make) -> None:
    with pytest.raises(UserError, match=r"size must be one side or \[height, width\], at least 1, got"):
        dataset("image_folder", f"size={size}")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    for i in range(8):
        photo(tmp_path / f"{i}.png", i)
    (tmp_path / "3.png").write_bytes(b"not an image")
    (tmp_path / "5.png").write_bytes((tmp_path / "5.png").read_bytes()[:60])
    return tmp_path


def test_unreadable_images_are_counted_and_named(dataset: Make, broken: Path) -> None:
    with pytest.raises(UserError) as error:
        dataset("image_folder").setup()
    line = str(error.value)
    assert line.startswith("dataset.root: 2 of 8 images cannot be read: 3.png (not an image), 5.png (")
    assert line.endswith("; dataset.skip_unreadable=true leaves them out") and "\n" not in line


def test_unreadable_images_are_left_out_with_a_warning(
    dataset: Make, broken: Path, caplog: pytest.LogCaptureFixture
) -> None:
    intact = {i: np.asarray(Image.open(broken / f"{i}.png")) for i in (0, 1, 2, 4, 6, 7)}
    with caplog.at_level(logging.WARNING):
        rows = dataset("image_folder", "skip_unreadable=true").setup().rows
    assert rows.names == [f"{i}.png" for i in intact]
    assert np.array_equal(rows.x[:, 0].numpy(), np.stack(list(intact.values())))
    assert "2 of 8 images cannot be read: 3.png" in caplog.text


def test_nothing_readable(dataset: Make, tmp_path: Path) -> None:
    for i in range(7):
        (tmp_path / f"{i}.png").write_bytes(b"none")
    with pytest.raises(UserError, match=r"7 of 7 images cannot be read: 0.png \(not an image\), .*, \.\.\.$"):
        dataset("image_folder", "skip_unreadable=true").setup()


@pytest.mark.skipif("AELAB_DATA" not in os.environ, reason="needs the real files")
def test_real_photos(dataset: Make) -> None:
    root = os.environ["AELAB_DATA"]
    data = dataset("image_folder", f"root={root}/photos/T91", "size=32").setup()
    assert data.rows.x.shape == (91, 3, 32, 32)
