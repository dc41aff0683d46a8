"""A user's own files for a trained run: in its shape and in its data's units."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aelab.dataset.dataset import Dataset
from aelab.dataset.input import read_input
from aelab.errors import UserError

Make = Callable[..., Dataset]
RNG = np.random.default_rng(0)


@pytest.fixture
def digits(dataset: Make) -> Dataset:
    return dataset("digits").setup()


@pytest.fixture
def table(dataset: Make, tmp_path: Path) -> Dataset:
    x = RNG.normal(size=(40, 3)) * 100
    lines = [",".join([*map(repr, row), kind]) for row, kind in zip(x.tolist(), ["a", "b"] * 20, strict=True)]
    (tmp_path / "train.csv").write_text("\n".join(["p,q,r,kind", *lines]))
    return dataset("arrays", "file=train.csv", "labels=kind").setup()


def test_an_image_comes_in_the_data_s_own_range(digits: Dataset, tmp_path: Path) -> None:
    shades = np.arange(0, 256, 4).astype(np.uint8).reshape(8, 8)
    shades[7, 7] = 255
    Image.fromarray(shades).save(tmp_path / "mine.png")
    rows = read_input(tmp_path / "mine.png", digits)
    assert rows.names == ["mine.png"] and rows.x.shape == (1, 1, 8, 8)
    assert rows.x.min() == 0 and rows.x.max() == 16
    torch.testing.assert_close(digits.scale(rows.x)[0, 0], torch.from_numpy(shades) / 255)


def test_a_folder_is_cropped_resized_and_made_grey(digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    white = np.zeros((40, 80, 3), np.uint8)
    white[:, 15:65] = 255  # the middle, and what the filter sees beside it
    Image.fromarray(white).save(tmp_path / "in/b.png")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "in/deep/a.png")
    rows = read_input(tmp_path / "in", digits)
    assert rows.names == ["b.png", "deep/a.png"]
    assert (rows.x[0] == 16).all() and (rows.x[1] == 0).all()


def test_bytes_of_a_run_on_bytes_stay_bytes(dataset: Make, tmp_path: Path) -> None:
    for i in range(12):
        Image.fromarray(RNG.integers(0, 256, (6, 6, 3), np.uint8)).save(tmp_path / f"{i}.png")
    data = dataset("image_folder", "size=6").setup()
    rows = read_input(tmp_path / "3.png", data)
    assert rows.x.dtype == torch.uint8
    assert data.rows.names is not None and torch.equal(rows.x[0], data.rows.x[data.rows.names.index("3.png")])


def test_images_for_standardized_data_span_its_range(dataset: Make, tmp_path: Path) -> None:
    x = RNG.random((40, 1, 4, 4)) * 6 - 2
    np.save(tmp_path / "train.npy", x)
    data = dataset("arrays", "file=train.npy", "scale=standard", "split=all").setup()
    Image.fromarray(np.array([[0, 255]] * 2, np.uint8)).resize((4, 4), Image.Resampling.NEAREST).save(
        tmp_path / "i.png"
    )
    raw = read_input(tmp_path / "i.png", data).x
    torch.testing.assert_close(raw.min(), torch.tensor(x.min()).float())
    torch.testing.assert_close(raw.max(), torch.tensor(x.max()).float())


@pytest.mark.parametrize("form", [(5, 64), (5, 8, 8), (5, 1, 8, 8), (5, 8, 8, 1), (8, 8)])
def test_arrays_of_the_right_size_are_taken_as_they_are(
    form: tuple[int, ...], digits: Dataset, tmp_path: Path
) -> None:
    x = RNG.integers(0, 17, form).astype(float)
    np.save(tmp_path / "mine.npy", x)
    rows = read_input(tmp_path / "mine.npy", digits)
    assert rows.x.shape[1:] == (1, 8, 8)
    assert np.array_equal(rows.x.numpy().ravel(), x.ravel())


def test_a_table_with_or_without_the_label(table: Dataset, tmp_path: Path) -> None:
    (tmp_path / "with.csv").write_text("p,q,r,kind\n1,2,3,a\n4,5,6,new\n")
    (tmp_path / "without.csv").write_text("1,2,3\n4,5,6\n")
    for name in ("with.csv", "without.csv"):
        assert read_input(tmp_path / name, table).x.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_images_of_the_size_become_vectors(table: Dataset, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 1, 1, 3))
    assert read_input(tmp_path / "a.npy", table).x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_static_binarization_holds_for_new_rows_too(dataset: Make, tmp_path: Path) -> None:
    data = dataset("digits", "binarize=static").setup()
    np.save(tmp_path / "a.npy", np.full((100, 64), 8.0))
    x = data.scale(read_input(tmp_path / "a.npy", data).x)
    assert x.unique().tolist() == [0, 1] and 0.45 < x.mean() < 0.55


def test_values_far_from_the_data_s_are_warned_of(
    digits: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    np.save(tmp_path / "a.npy", np.full((3, 64), 255))
    with caplog.at_level(logging.WARNING):
        read_input(tmp_path / "a.npy", digits)
    assert caplog.messages == [
        "input: values in [255, 255]; the run's data lies in [0, 16]. They are taken as they are."
    ]


def error_of(path: Path, data: Dataset) -> str:
    with pytest.raises(UserError) as error:
        read_input(path, data)
    return str(error.value)


def test_vectors_of_another_size(digits: Dataset, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 5)))
    assert (
        error_of(tmp_path / "a.npy", digits)
        == "input: vectors of 5 features; the run was trained on [1, 8, 8]"
    )


def test_images_of_another_size(digits: Dataset, table: Dataset, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 9, 9)))
    assert error_of(tmp_path / "a.npy", digits) == "input: [1, 9, 9]; the run was trained on [1, 8, 8]"
    assert (
        error_of(tmp_path / "a.npy", table)
        == "input: [1, 9, 9]; the run was trained on vectors of 3 features"
    )
    # as many pixels, but another picture
    np.save(tmp_path / "a.npy", np.ones((3, 4, 16)))
    assert error_of(tmp_path / "a.npy", digits) == "input: [1, 4, 16]; the run was trained on [1, 8, 8]"


def test_images_for_a_run_on_vectors(table: Dataset, tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    said = "input: images; the run was trained on vectors of 3 features"
    assert error_of(tmp_path / "a.png", table) == said
    assert error_of(tmp_path, table) == said


def test_missing_unknown_and_broken_files(digits: Dataset, tmp_path: Path) -> None:
    assert error_of(tmp_path / "no.png", digits) == f"input: no file or folder '{tmp_path / 'no.png'}'"
    (tmp_path / "a.doc").touch()
    assert error_of(tmp_path / "a.doc", digits) == (
        f"input: '{tmp_path / 'a.doc'}' is neither an image, a folder of images nor an array file "
        "(.npz, .npy, .mat, .csv, .tsv, .txt)"
    )
    (tmp_path / "a.png").write_bytes(b"none")
    assert error_of(tmp_path / "a.png", digits) == "input: 1 of 1 images cannot be read: a.png (not an image)"
    (tmp_path / "a.npy").write_bytes(b"none")
    assert (
        error_of(tmp_path / "a.npy", digits)
        == f"input: {tmp_path / 'a.npy'} is truncated, or not a .npy file"
    )
    np.save(tmp_path / "a.npy", np.full((2, 64), np.nan))
    assert error_of(tmp_path / "a.npy", digits) == "input: 2 of 2 rows hold NaN or infinity"
