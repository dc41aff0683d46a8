"""The user's own numbers: units, shapes and labels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat

from aelab.dataset.arrays import encode, images
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)) * [1, 10, 100, 0.1] + [5, -3, 1000, 0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    kinds = np.array(["b", "a"])[np.arange(50) % 2]
    lines = [",".join([*map(repr, row), kind]) for row, kind in zip(X.tolist(), kinds, strict=True)]
    path = tmp_path / "my.csv"
    path.write_text("\n".join(["p,q,r,s,species", *lines]))
    return path


@pytest.mark.parametrize("scale", ["unit", "standard", "none"])
def test_codes_and_reconstructions_come_back_in_the_data_s_units(
    scale: str, dataset: Make, table: Path
) -> None:
    data = dataset("arrays", f"file={table}", "labels=species", f"scale={scale}").setup()
    x, y = data.batch(torch.arange(50))
    torch.testing.assert_close(data.scale.inverse(x), torch.from_numpy(X).float(), rtol=1e-4, atol=1e-4)
    assert data.rows.classes == ["a", "b"] and y is not None and y.tolist() == [1, 0] * 25
    train = x[data.splits["train"]]
    if scale == "unit":
        assert train.amin(0).tolist() == [0] * 4 and train.amax(0).tolist() == [1] * 4 and data.is_unit
    elif scale == "standard":
        torch.testing.assert_close(train.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
        torch.testing.assert_close(train.std(0, correction=0), torch.ones(4), atol=1e-4, rtol=0)
    else:
        assert torch.equal(x, data.rows.x)


def test_a_file_is_found_here_or_under_root(
    dataset: Make, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(dataset("arrays", "file=my.csv", "labels=species").setup().rows.x) == 50
    monkeypatch.chdir(tmp_path)
    assert len(dataset("arrays", "file=my.csv", "root=elsewhere", "labels=species").setup().rows.x) == 50
    with pytest.raises(UserError) as error:
        dataset("arrays", "file=your.csv", "root=elsewhere").setup()
    assert str(error.value) == "dataset.file: no file 'your.csv' here or under 'elsewhere'"


def test_text_in_a_column_names_it(dataset: Make, table: Path) -> None:
    with pytest.raises(UserError) as error:
        dataset("arrays", "file=my.csv").setup()
    assert str(error.value) == (
        f"dataset.file: {table}: column 'species' holds text, 'b'; if it is the label, dataset.labels=species"
    )


def test_bytes_stay_bytes_and_other_integers_become_float(dataset: Make, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 200, (20, 5, 6))
    for dtype, stored, top in ((np.uint8, torch.uint8, pixels.max() / 255), (np.int64, torch.float32, 1.0)):
        np.save(tmp_path / "a.npy", pixels.astype(dtype))
        data = dataset("arrays", "file=a.npy", "split=all").setup()
        assert data.rows.x.dtype == stored and data.shape == (1, 5, 6)
        torch.testing.assert_close(float(data.batch(data.splits["all"])[0].max()), float(top))


def test_standardized_bytes_learn_from_the_training_rows(dataset: Make, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", RNG.integers(0, 256, (40, 5, 6), np.uint8))
    data = dataset("arrays", "file=a.npy", "scale=standard").setup()
    x = data.batch(data.splits["train"])[0]
    torch.testing.assert_close(
        torch.stack([x.mean(), x.std(correction=0)]), torch.tensor([0.0, 1.0]), atol=1e-4, rtol=0
    )


def test_channels_first_and_last_are_the_same_images() -> None:
    chw = RNG.random((7, 3, 5, 6))
    for x in (chw, chw.transpose(0, 2, 3, 1)):
        assert np.array_equal(images(x, None), chw)
    assert images(chw[:, 0], None).shape == (7, 1, 5, 6)
    assert images(X, None).shape == (50, 4)


@pytest.mark.parametrize("shape", [[28, 20], [1, 28, 20]])
def test_vectors_become_images(shape: list[int], dataset: Make, tmp_path: Path) -> None:
    faces = RNG.integers(0, 256, (30, 28, 20), np.uint8)
    savemat(tmp_path / "faces.mat", {"ff": faces.reshape(30, 560).T})
    data = dataset("arrays", "file=faces.mat", "samples_last=true", f"shape={shape}").setup()
    assert np.array_equal(data.rows.x[:, 0].numpy(), faces)
    with pytest.raises(UserError) as error:
        dataset("arrays", "file=faces.mat", f"shape={shape}").setup()
    assert str(error.value) == (
        f"dataset.shape: samples of [30] do not make {shape}; "
        "dataset.samples_last=true if the last axis counts them"
    )


def test_images_become_vectors() -> None:
    assert images(RNG.random((7, 5, 6)), [30]).shape == (7, 30)


@pytest.mark.parametrize(
    ("y", "codes", "classes"),
    [
        (np.array([7, 3, 3, 10]), [1, 0, 0, 2], ["3", "7", "10"]),
        (np.array([2.0, 1.0, 2.0]), [1, 0, 1], ["1", "2"]),
        (np.array(["10", "9", "2"]), [2, 1, 0], ["2", "9", "10"]),
        (np.array(["dog", "cat", "", "dog"]), [1, 0, -1, 1], ["cat", "dog"]),
        (np.array([True, False]), [1, 0], ["0", "1"]),
    ],
)
def test_labels_become_classes(y: np.ndarray, codes: list[int], classes: list[str]) -> None:
    encoded, names = encode(y)
    assert (encoded.tolist(), names) == (codes, classes) and encoded.dtype == torch.int64


@pytest.mark.parametrize(("y", "odd"), [([1, 0.37], "0.37"), ([1, np.nan], "nan"), ([np.inf, 1], "inf")])
def test_fractions_are_no_classes(y: list[float], odd: str, dataset: Make, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)), y=np.array(y))
    with pytest.raises(UserError) as error:
        dataset("arrays", "file=a.npz").setup()
    assert (
        str(error.value)
        == f"dataset.labels: {odd} among the labels is no class; dataset.labels=null for none"
    )


def test_nan_and_what_float32_cannot_hold(dataset: Make, tmp_path: Path) -> None:
    x = np.ones((20, 3))
    x[4, 0], x[7, 1] = np.nan, 1e300
    np.save(tmp_path / "a.npy", x)
    with pytest.raises(UserError) as error:
        dataset("arrays", "file=a.npy").setup()
    assert str(error.value) == "dataset: 2 of 20 rows hold NaN or infinity; the first is row 4"
