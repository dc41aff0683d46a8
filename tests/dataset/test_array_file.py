"""Files of arrays: which one are the samples, which the labels, and what is no such file."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csr_matrix

from aelab.dataset.array_file import read_arrays
from aelab.dataset.refused import Refused

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 5))
Y = np.arange(12) % 3


def npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    "names", [("x", "y"), ("X", "labels"), ("data", "target"), ("images", "label"), ("a", "Y")]
)
def test_usual_names_are_found(names: tuple[str, str], tmp_path: Path) -> None:
    found = read_arrays(npz(tmp_path / "a.npz", **{names[0]: X, names[1]: Y}), "auto", "auto", False)
    assert np.array_equal(found.x, X) and found.y is not None and np.array_equal(found.y, Y)


def test_chosen_names(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=X, other=X + 1, y=Y, kind=Y + 5)
    found = read_arrays(path, "other", "kind", False)
    assert np.array_equal(found.x, X + 1) and found.y is not None and np.array_equal(found.y, Y + 5)
    assert read_arrays(path, "x", None, False).y is None


def test_train_and_test_arrays_are_the_official_split(tmp_path: Path) -> None:
    path = npz(tmp_path / "mnist.npz", x_train=X[:8], y_train=Y[:8], x_test=X[8:], y_test=Y[8:])
    found = read_arrays(path, "auto", "auto", False)
    assert (
        np.array_equal(found.x, X) and found.y is not None and np.array_equal(found.y, Y) and found.test == 8
    )


def test_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", X)
    assert np.array_equal(read_arrays(tmp_path / "a.npy", "auto", "auto", False).x, X)


def test_mat_with_samples_last_text_labels_and_sparse_data(tmp_path: Path) -> None:
    names = np.array(["one", "three", "eleven"])[Y].astype(object)
    savemat(tmp_path / "a.mat", {"ff": csr_matrix(X.T), "labels": names})
    found = read_arrays(tmp_path / "a.mat", "auto", "auto", samples_last=True)
    assert np.array_equal(found.x, X) and found.y is not None and found.y.tolist() == names.tolist()
    images = RNG.integers(0, 256, (4, 6, 3, 12), np.uint8)  # [h, w, c, n]
    savemat(tmp_path / "b.mat", {"X": images, "y": Y[:, None]})
    found = read_arrays(tmp_path / "b.mat", "auto", "auto", samples_last=True)
    assert np.array_equal(found.x, images.transpose(3, 0, 1, 2)) and found.y is not None


@pytest.mark.parametrize(
    ("arrays", "key", "labels", "setting", "said"),
    [
        ({"a": X, "b": Y}, "c", "auto", "key", " has no 'c'; it has a, b"),
        ({"data": X}, "dat", "auto", "key", " has no 'dat'; did you mean 'data'?"),
        (
            {"a": X, "b": X},
            "auto",
            "auto",
            "key",
            " holds a [12, 5], b [12, 5]; which are the samples is not clear",
        ),
        (
            {"x": X, "data": X},
            "auto",
            "auto",
            "key",
            " holds x [12, 5], data [12, 5]; which are the samples is not clear",
        ),
        ({"y": Y}, "auto", "auto", "key", " holds y [12]; which are the samples is not clear"),
        (
            {"x": X, "y": Y, "label": Y},
            "auto",
            "auto",
            "labels",
            " holds y and label; which are the labels is not clear",
        ),
        ({"x": X}, "auto", "kind", "labels", " has no 'kind'; it has no arrays"),
        ({"x": X, "y": Y[:9]}, "auto", "auto", "labels", ": 'y' has shape [9], 'x' holds 12 samples"),
        (
            {"x": X, "y": np.eye(12)},
            "auto",
            "auto",
            "labels",
            ": 'y' has shape [12, 12], 'x' holds 12 samples",
        ),
        ({"x": X[:, 0]}, "auto", "auto", "key", ": 'x' has shape [12]; needed is [n, features], "),
        ({"x": X[:0]}, "auto", "auto", "key", ": 'x' has shape [0, 5]; needed is [n, features], "),
        ({"x": X.astype(str)}, "auto", "auto", "key", ": 'x' holds text, not numbers"),
        ({"x": X + 1j}, "auto", "auto", "key", ": 'x' holds complex numbers, not numbers"),
        ({"x": X.astype(object)}, "auto", "auto", "key", ": 'x' holds Python objects, not numbers"),
        (
            {"x": X, "y": Y.astype(object)},
            "auto",
            "auto",
            "labels",
            ": 'y' holds Python objects; save it as numbers or ",
        ),
    ],
)
def test_refused(arrays: dict, key: str, labels: str, setting: str, said: str, tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(Refused) as error:
        read_arrays(path, key, labels, False)
    assert error.value.setting == setting
    assert error.value.said.startswith(f"{path}{said}")


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".mat", ".csv"])
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\xff\xfe" * 50, None])
def test_truncated_and_foreign_files(suffix: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    if content is None:  # a real one, cut
        np.savez(path, x=X) if suffix == ".npz" else savemat(path, {"x": X}) if suffix == ".mat" else np.save(
            tmp_path / "a.npy", X
        )
        if suffix == ".csv":
            (tmp_path / "a.npy").rename(path)
        content = path.read_bytes()[:-60]
    path.write_bytes(content)
    with pytest.raises(Refused) as error:
        read_arrays(path, "auto", "auto", False)
    assert error.value.setting == "file"
    assert str(path) in error.value.said and "\n" not in error.value.said
    assert any(word in error.value.said for word in ("truncated", "is empty"))


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"a.xlsx is none of .npz, .npy, .mat, .csv, .tsv, .txt"):
        read_arrays(tmp_path / "a.xlsx", "auto", "auto", False)
