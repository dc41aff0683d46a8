"""Codes of a split or of the user's own files, as .npz, .npy or .csv."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aelab.run import Run

Aelab = Callable[..., tuple[int, str, str]]


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


def test_the_test_split_goes_into_the_runs_folder(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    status, out, err = aelab("encode", "run=run")
    assert (status, out, err) == (0, "40 codes of 2 numbers in run/codes.npz\n", "")
    found = arrays(tmp_path / "run" / "codes.npz")
    run = Run(digits_run)
    rows = run.system.dataset.splits["test"].sort().values
    assert set(found) == {"z", "y", "names"}
    np.testing.assert_array_equal(found["z"], run.encode(run.system.dataset.rows.x[rows]))
    np.testing.assert_array_equal(found["y"], run.system.dataset.rows.y[rows])  # type: ignore[index]
    assert found["names"].tolist() == [str(row) for row in rows.tolist()]


def test_every_format_holds_the_same_codes(aelab: Aelab, vectors_run: Path, tmp_path: Path) -> None:
    for suffix in ("npz", "npy", "csv"):
        assert aelab("encode", f"run='{vectors_run}'", "split=train", f"output=new/codes.{suffix}")[0] == 0
    z = np.load(tmp_path / "new" / "codes.npy")
    np.testing.assert_array_equal(arrays(tmp_path / "new" / "codes.npz")["z"], z)
    with (tmp_path / "new" / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "label", "z1", "z2"]
    np.testing.assert_array_equal(np.array([[row["z1"], row["z2"]] for row in rows], np.float32), z)
    index = Run(vectors_run).system.dataset.splits["train"].tolist()
    assert [(int(row["name"]), int(row["label"])) for row in rows] == [(i, i % 3) for i in index]


@pytest.mark.parametrize("suffix", ["npz", "npy", "csv"])
def test_own_arrays_in_the_datas_units(
    suffix: str, aelab: Aelab, vectors_run: Path, vectors: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / f"new.{suffix}"
    own = vectors[:7] * 1.5
    if suffix == "csv":
        np.savetxt(path, own, delimiter=",", header="a,b,c,d,e", comments="")
    else:
        np.save(path, own) if suffix == "npy" else np.savez(path, x=own)
    status, out, err = aelab("encode", f"run='{vectors_run}'", f"input={path.name}", "output=codes.npz")
    assert (status, out, err) == (0, "7 codes of 2 numbers in codes.npz\n", "")
    found = arrays(tmp_path / "codes.npz")
    assert "y" not in found
    np.testing.assert_allclose(found["z"], Run(vectors_run).encode(own), rtol=1e-5, atol=1e-5)


def test_own_images_keep_their_names(aelab: Aelab, photos_run: Path, photos: Path, tmp_path: Path) -> None:
    assert aelab("encode", f"run='{photos_run}'", f"input='{photos}'", "output=codes.csv")[0] == 0
    with (tmp_path / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "z1", "z2"]
    assert [row["name"] for row in rows] == sorted(
        path.relative_to(photos).as_posix() for path in photos.rglob("*.png")
    )


def test_the_input_is_not_written_over(
    aelab: Aelab, vectors_run: Path, vectors: np.ndarray, tmp_path: Path
) -> None:
    np.savez(tmp_path / "mine.npz", x=vectors)
    before = (tmp_path / "mine.npz").read_bytes()
    refused = aelab("encode", f"run='{vectors_run}'", "input=mine.npz", "output=./mine.npz")
    assert refused == (2, "", "output: 'mine.npz' is the input; give another file\n")
    assert (tmp_path / "mine.npz").read_bytes() == before


def test_codes_are_of_the_clean_input(aelab: Aelab, photos_run: Path, photos: Path, tmp_path: Path) -> None:
    """Of the same photo, from the split and from the file."""
    aelab("encode", f"run='{photos_run}'", "split=train", "output=split.npz")
    aelab("encode", f"run='{photos_run}'", f"input='{photos}'", "output=files.npz")
    split, files = arrays(tmp_path / "split.npz"), arrays(tmp_path / "files.npz")
    of_file = dict(zip(files["names"].tolist(), files["z"], strict=True))
    expected = np.stack([of_file[name] for name in split["names"].tolist()])
    np.testing.assert_allclose(split["z"], expected, rtol=1e-5, atol=1e-6)


def test_a_file_that_may_not_be_written_is_a_line(
    aelab: Aelab, digits_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("aelab.command.encode.save", refuse)
    refused = aelab("encode", f"run='{digits_run}'", "output=locked.npz")
    assert refused == (1, "", "'locked.npz' cannot be read or written (Permission denied)\n")
