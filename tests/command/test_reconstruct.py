"""The user's own files through a run's model: names kept, units kept, corrupted only if asked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aelab.run import Run

Aelab = Callable[..., tuple[int, str, str]]


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {
        str(path.relative_to(folder)): np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))
    }


def test_a_folder_of_images(aelab: Aelab, photos_run: Path, photos: Path, tmp_path: Path) -> None:
    status, out, err = aelab("reconstruct", f"run='{photos_run}'", f"input='{photos}'", "output=new")
    assert (status, err) == (0, "")
    found = pictures(tmp_path / "new")
    assert list(found) == list(pictures(photos))
    run = Run(photos_run)
    names = run.system.dataset.rows.names
    assert names is not None
    expected = run.reconstruct(run.system.dataset.rows.x).clamp(0, 255).round().byte().permute(0, 2, 3, 1)
    for name, image in zip(names, expected.numpy(), strict=True):
        assert image.shape == (8, 6, 3)
        np.testing.assert_array_equal(found[name], image)
    error = (run.reconstruct(run.system.dataset.rows.x) - run.system.dataset.rows.x).div(255).square().mean()
    assert out == f"24 images in new; mean squared error to the input {error:.4g} per pixel\n"


def test_one_grey_image_of_another_kind(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "white").save(tmp_path / "page.jpg")
    assert aelab("reconstruct", f"run='{digits_run}'", "input=page.jpg", "output=new")[0] == 0
    assert {name: image.shape for name, image in pictures(tmp_path / "new").items()} == {"page.png": (8, 8)}


def test_files_of_one_stem_do_not_hide_each_other(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, colour in (("a.png", "black"), ("a.bmp", "white")):
        Image.new("L", (8, 8), colour).save(tmp_path / "in" / name)
    _, out, _ = aelab("reconstruct", f"run='{digits_run}'", "input=in", "output=new")
    assert out.startswith("2 images in new;")
    assert len(pictures(tmp_path / "new")) == 2


def test_corrupted_only_if_asked(aelab: Aelab, photos_run: Path, photos: Path, tmp_path: Path) -> None:
    for folder, degrade in (("a", "false"), ("b", "true"), ("c", "true")):
        aelab(
            "reconstruct",
            f"run='{photos_run}'",
            f"input='{photos}'",
            f"output={folder}",
            f"degrade={degrade}",
        )
    clean, degraded, again = (pictures(tmp_path / folder) for folder in "abc")
    assert any((clean[name] != degraded[name]).any() for name in clean)
    assert all((again[name] == degraded[name]).all() for name in again)


def test_arrays_in_the_datas_own_units(
    aelab: Aelab, vectors_run: Path, vectors: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "mine.npy", vectors[:7])
    status, out, err = aelab("reconstruct", f"run='{vectors_run}'", "input=mine.npy", "output=new")
    assert (status, err) == (0, "") and out.startswith("7 rows in new/mine.npy; mean squared error")
    found = np.load(tmp_path / "new" / "mine.npy")
    np.testing.assert_allclose(found, Run(vectors_run).reconstruct(vectors[:7]), rtol=1e-5)


def test_a_file_in_the_way_is_named(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "taken").write_text("mine")
    status, out, err = aelab("reconstruct", f"run='{digits_run}'", "input=a.png", "output=taken")
    assert (status, out, err) == (2, "", "output: takes a folder, got the file 'taken'\n")


@pytest.mark.parametrize(
    ("given", "output", "line"),
    [
        ("in", "in", "output: 'in' would write over files of input; give another folder"),
        ("in/b/x.png", "in/b", "output: 'in/b' would write over files of input; give another folder"),
        ("x.npy", ".", "output: '.' would write over the input; give another folder"),
        ("x.npy", "new.npy", "output: takes a folder, got the file 'new.npy'"),
        ("in/a.png", "new.png", "output: takes a folder, got the file 'new.png'"),
    ],
)
def test_the_users_own_files_are_not_written_over(
    given: str, output: str, line: str, aelab: Aelab, digits_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    for name in ("a.png", "b/x.png"):
        Image.new("L", (30, 20), "white").save(tmp_path / "in" / name)
    np.save(tmp_path / "x.npy", np.ones((2, 1, 8, 8), np.float32))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    status, out, err = aelab("reconstruct", f"run='{digits_run}'", f"input={given}", f"output={output}")
    assert (status, out, err) == (2, "", f"{line}\n")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize("scale", ["none", "unit"])
def test_array_images_stay_arrays(
    scale: str, aelab: Aelab, train: Callable[..., Path], tmp_path: Path
) -> None:
    """Images from a file of arrays have no names: what comes back is a file of arrays."""
    x = np.random.default_rng(0).random((40, 6, 5)) * 4
    np.savez(tmp_path / "faces.npz", x=x)
    train("dataset=arrays", f"dataset.file='{tmp_path}/faces.npz'", f"dataset.scale={scale}")
    _, out, _ = aelab("reconstruct", "run=run", "input=faces.npz", "output=new")
    assert out.startswith("40 rows in new/faces.npy; ")
    assert np.load(tmp_path / "new" / "faces.npy").shape == (40, 1, 6, 5)
