"""Whole files by a run of patches: names, sub-folders and sizes kept, scores, the sheet, what is refused."""

import csv
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import finished
from PIL import Image

import aelab
from aelab import photo_folder
from aelab.errors import UserError
from aelab.metric.psnr import psnr
from aelab.photo_folder import bar
from aelab.photo_places import places

Aelab = Callable[..., tuple[int, str, str]]
DATA = os.environ.get("AELAB_DATA")  # which the command's own fixture takes away
PHOTOS = ("dataset=photos", "dataset.size=8", "dataset.limit=null")


def smooth(seed: int, h: int, w: int, mode: str = "RGB") -> Image.Image:
    few = np.random.default_rng(seed).integers(40, 216, (4, 4, 3), np.uint8)
    return Image.fromarray(few).resize((w, h), Image.Resampling.BILINEAR).convert(mode)


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    for i in range(6):
        smooth(i, 24, 32).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def denoiser(tmp_path_factory: pytest.TempPathFactory, training: Path) -> Path:
    noise = ("corruption=gaussian", "corruption.gaussian.strength=0.1", "model.widths=[16]")
    return finished(tmp_path_factory, "denoiser", *PHOTOS, f"dataset.root='{training}'", *noise)


@pytest.fixture(scope="module")
def enlarger(tmp_path_factory: pytest.TempPathFactory, training: Path) -> Path:
    """Which leaves what bicubic enlargement makes."""
    chosen = ("model=identity", "corruption=downsample", "dataset.colours=luminance")
    return finished(tmp_path_factory, "enlarger", *PHOTOS, f"dataset.root='{training}'", *chosen)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "holiday").mkdir(parents=True)
    smooth(7, 13, 21).save(tmp_path / "mine" / "a.png")
    smooth(8, 20, 9).save(tmp_path / "mine" / "holiday" / "a.jpg")
    smooth(9, 16, 16, "L").save(tmp_path / "mine" / "holiday" / "grey.tif")
    smooth(9, 5, 40).save(tmp_path / "mine" / "low.bmp")
    return tmp_path / "mine"


def made(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def table(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "scores.csv").open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_names_sub_folders_sizes_and_kinds_are_kept(
    aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path
) -> None:
    status, out, err = aelab("reconstruct", f"run='{denoiser}'", "input=mine", "output=new")
    assert (status, out, err) == (0, "4 photos in new\n", "")
    names = ["a.png", "holiday/a.jpg", "holiday/grey.tif", "low.bmp"]
    assert made(tmp_path / "new") == sorted([*names, "scores.csv", "sheet.png"])
    for name in names:
        with Image.open(mine / name) as before, Image.open(tmp_path / "new" / name) as after:
            assert (after.size, after.mode, after.format) == (before.size, before.mode, before.format)
    rows = table(tmp_path / "new")
    assert list(rows) == names and list(rows["a.png"]) == ["name", "size", "seconds"]
    assert rows["holiday/a.jpg"]["size"] == "9x20"


def test_the_same_from_python(aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path) -> None:
    aelab("reconstruct", f"run='{denoiser}'", "input=mine/a.png", "output=new", "sheet=false", "overlap=0.25")
    assert made(tmp_path / "new") == ["a.png", "scores.csv"]
    run = loaded(denoiser)
    given, expected = pixels(mine / "a.png"), pixels(tmp_path / "new" / "a.png")
    assert np.array_equal(run.restore(given, overlap=0.25), expected)
    assert not np.array_equal(run.restore(given), expected)
    image = run.restore(Image.fromarray(given), overlap=0.25)
    assert isinstance(image, Image.Image) and np.array_equal(np.asarray(image), expected)
    for one in (given[..., 0], given[..., 0].astype(np.uint16) * 257, np.dstack([given, given[..., 0]])):
        again = run.restore(one)
        assert isinstance(again, np.ndarray) and (again.dtype, again.shape) == (one.dtype, one.shape)
    assert np.array_equal(again[..., 3], given[..., 0])


def loaded(folder: Path) -> Any:
    return aelab.load(str(folder))


def test_python_needs_a_run_of_photos(digits_run: Path) -> None:
    with pytest.raises(UserError, match="run: has no whole photos; those with dataset=photos do"):
        loaded(digits_run).restore(np.zeros((9, 9), np.uint8))


def test_degraded_as_in_training_and_scored(aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path) -> None:
    command = ("reconstruct", f"run='{denoiser}'", "input=mine", "degrade=true")
    _, out, _ = aelab(*command, "output=new")
    rows = table(tmp_path / "new")
    written = torch.from_numpy(pixels(tmp_path / "new" / "a.png") / 255)
    truth = torch.from_numpy(pixels(mine / "a.png") / 255)
    own = psnr((written - truth).square().mean()).item()
    assert float(rows["a.png"]["psnr"]) == pytest.approx(own, abs=1e-3)
    assert float(rows["a.png"]["before_psnr"]) == pytest.approx(20, abs=1)  # of noise of 0.1
    means = [np.mean([float(row[name]) for row in rows.values()]) for name in ("psnr", "before_psnr")]
    assert out == "4 photos in new; PSNR {:.2f} dB, before {:.2f} dB\n".format(*means)
    # the same noise in every file, whatever else lies in the folder
    (mine / "low.bmp").unlink()
    aelab(*command, "output=again")
    assert np.array_equal(pixels(tmp_path / "again" / "a.png"), pixels(tmp_path / "new" / "a.png"))


def test_enlarged_and_scored_against_a_reference(aelab: Aelab, enlarger: Path, tmp_path: Path) -> None:
    for folder in ("small", "large/b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "small" / "b").mkdir()
    whole = smooth(3, 40, 60)
    whole.resize((30, 20), Image.Resampling.BICUBIC).save(tmp_path / "small" / "b" / "x.png")
    whole.save(tmp_path / "large" / "b" / "x.tif")
    for name, other, w in (("y", "y", 31), ("z", "other", 60)):
        smooth(4, 20, 30).save(tmp_path / "small" / f"{name}.png")
        smooth(4, 40, w).save(tmp_path / "large" / f"{other}.png")
    status, out, err = aelab(
        "reconstruct", f"run='{enlarger}'", "input=small", "output=new", "reference=large"
    )
    assert status == 0
    assert err == "the reference has another size: y.png\nwithout a reference: z.png\n"
    own = pixels(tmp_path / "new" / "b" / "x.png").astype(int)
    pillow = Image.open(tmp_path / "small" / "b" / "x.png").resize((60, 40), Image.Resampling.BICUBIC)
    assert np.abs(own - np.asarray(pillow, int)).max() <= 1
    rows = table(tmp_path / "new")
    assert {row["size"] for row in rows.values()} == {"60x40"}
    assert float(rows["b/x.png"]["psnr"]) > 35 and rows["y.png"]["psnr"] == rows["z.png"]["ssim"] == ""
    assert rows["b/x.png"]["psnr"] == rows["b/x.png"]["before_psnr"] and out.startswith(
        "3 photos in new; PSNR"
    )


def test_two_files_need_no_common_name(aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path) -> None:
    smooth(7, 13, 21).save(tmp_path / "truth.tif")
    given = ("input=mine/a.png", "output=new", "reference=truth.tif")
    _, out, err = aelab("reconstruct", f"run='{denoiser}'", *given)
    assert err == "" and out.endswith("before 100.00 dB\n")  # the same pixels


def test_scores_are_those_of_the_metric(aelab: Aelab, enlarger: Path, training: Path, tmp_path: Path) -> None:
    """Of the same photos: made smaller and larger again nothing is drawn."""
    _, out, _ = aelab("evaluate", f"run='{enlarger}'", "metric=[photos]", "split=test")
    found = {line.split()[0]: float(line.split()[1]) for line in out.splitlines() if line.startswith("test/")}
    aelab("reconstruct", f"run='{enlarger}'", f"input='{training}'", "output=new", "degrade=true")
    rows, files = table(tmp_path / "new"), loaded(enlarger).system.dataset.files["test"]
    for name in ("psnr", "ssim"):
        own = np.mean([float(rows[file][name]) for file in files])
        assert own == pytest.approx(found[f"test/photo_{name}"], rel=0.01)


def test_what_cannot_be_read_does_not_stop_the_others(
    aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path
) -> None:
    (mine / "broken.png").write_bytes(b"no")
    (mine / "cut.jpg").write_bytes((mine / "holiday" / "a.jpg").read_bytes()[:400])
    Image.fromarray(np.ones((9, 9), np.float32)).save(mine / "float.tif")
    smooth(1, 9, 9, "CMYK").save(mine / "press.jpg")
    smooth(1, 9, 9, "P").save(mine / "old.gif")
    status, out, err = aelab("reconstruct", f"run='{denoiser}'", "input=mine", "output=new")
    assert (status, out) == (1, "6 photos in new\n")
    lines = err.splitlines()
    assert lines[:2] == ["GIF, written as PNG: old.gif", "CMYK, written as RGB: press.jpg"]
    assert lines[2].startswith("input: 3 of 9 images cannot be read: broken.png (not an image), cut.jpg (")
    assert lines[2].endswith(", float.tif (floating-point pixels)") and len(lines) == 3
    assert {"old.png", "press.jpg", "a.png"} < set(made(tmp_path / "new"))
    assert not {"cut.jpg", "float.tif", "broken.png"} & {*table(tmp_path / "new"), *made(tmp_path / "new")}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("input=none", "input: no file or folder 'none'"),
        ("input=empty", "input: no images under 'empty' (.bmp, "),
        ("input=broken.png", "input: 1 of 1 images cannot be read: broken.png (not an image)"),
        ("output=broken.png", "output: takes a folder, got the file 'broken.png'"),
        ("input=mine/a.png output=b.png", "output: takes a folder, got the file 'b.png'"),
        ("output=mine", "output: 'mine' would write over files of input; give another folder"),
        ("output=. input=mine/a.png", None),
        (
            "output=mine input=mine/a.png",
            "output: 'mine' would write over files of input; give another folder",
        ),
        ("reference=nowhere", "reference: no file or folder 'nowhere'"),
        ("reference=mine degrade=true", "reference: takes null with degrade=true, where the input itself is"),
        ("reference=new", "output: 'new' would write over files of reference; give another folder"),
        ("overlap=1", "overlap: must lie in [0, 1), got 1"),
        (
            "input=sheets",
            "sheet: takes false where a photo is named sheet.gif: its result may be sheet.png",
        ),
        ("label=3", "label: takes null, for this run is not conditioned on it; got '3'"),
    ],
)
def test_wrong_settings_are_a_line_each(
    given: str, line: str | None, aelab: Aelab, denoiser: Path, mine: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no")
    for folder in ("empty", "sheets", "new"):
        (tmp_path / folder).mkdir()
    smooth(0, 8, 8).save(tmp_path / "sheets" / "sheet.gif")
    smooth(0, 8, 8).save(tmp_path / "new" / "a.png")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    settings = dict(one.split("=", 1) for one in ("input=mine", "output=new", *given.split()))
    status, out, err = aelab(
        "reconstruct", f"run='{denoiser}'", *(f"{name}={value}" for name, value in settings.items())
    )
    if line is None:
        assert status == 0 and (tmp_path / "a.png").exists()
        return
    assert (status, out) == (2, "") and err.startswith(line) and err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_an_output_inside_the_input_is_no_input_the_next_time(mine: Path) -> None:
    first = places(mine, mine / "new", None, True).names
    (mine / "new").mkdir()
    smooth(0, 8, 8).save(mine / "new" / "a.png")
    assert places(mine, mine / "new", None, True).names == first


def test_arrays_stay_rows_and_references_are_of_photos(
    aelab: Aelab, denoiser: Path, digits_run: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "patches.npy", np.zeros((4, 3, 8, 8), np.uint8))
    _, out, _ = aelab("reconstruct", f"run='{denoiser}'", "input=patches.npy", "output=new")
    assert out.startswith("4 rows in new/patches.npy")
    _, _, err = aelab("reconstruct", f"run='{digits_run}'", "input=patches.npy", "reference=new")
    assert err == "reference: takes null, for it is of whole photos and of runs with dataset=photos\n"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_the_bar_counts_files_and_tiles_on_a_terminal_alone(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setattr(photo_folder, "tqdm", partial(photo_folder.tqdm, mininterval=0))
    with bar(2) as told:
        for name in ("a.png", "b.png"):
            tiles = told(name)
            tiles(256, 512)
            tiles(512, 512)
    err = capsys.readouterr().err
    assert ("2/2 b.png:  75%" in err and "tile 256/512" in err) == is_terminal
    assert is_terminal or err == ""


@pytest.mark.skipif(DATA is None, reason="needs the real files")
def test_set5_enlarged_is_what_papers_say_of_bicubic(aelab: Aelab, enlarger: Path, tmp_path: Path) -> None:
    """33.66 dB by MATLAB, whose kernel reflects at borders     [Dong et al. 2016, tab. 2]"""
    folder = Path(DATA or "") / "photos" / "Set5"
    command = ("reconstruct", f"run='{enlarger}'", f"input='{folder}'", "output=new", "degrade=true")
    _, out, _ = aelab(*command, "sheet=false")
    assert float(out.split()[5]) == pytest.approx(33.66, abs=0.06)
