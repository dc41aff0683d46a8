"""Patches where they were cut, splits that share no photo, whole photos as they are, and what is refused."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from dataset.test_image_folder import photo
from PIL import ExifTags, Image

from aelab.colour import luminance
from aelab.dataset import photos as module
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
DATA = pytest.mark.skipif("AELAB_DATA" not in os.environ, reason="needs the real files")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Twenty photos of several sizes, name -> [h, w, 3]."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sizes = [(9, 14), (8, 8), (13, 10), (21, 8)]
    names = [f"{'ab'[i % 2]}/{i:02}.png" for i in range(20)]
    return {name: photo(tmp_path / name, i, sizes[i % 4], "RGB") for i, name in enumerate(sorted(names))}


def grid(pixels: np.ndarray, size: int, stride: int) -> list[np.ndarray]:
    """The patches [c, size, size] of a photo [h, w, c], row by row."""
    h, w, _ = pixels.shape
    tops, lefts = range(0, h - size + 1, stride), range(0, w - size + 1, stride)
    return [pixels[t : t + size, left : left + size].transpose(2, 0, 1) for t in tops for left in lefts]


@pytest.mark.parametrize(("size", "stride"), [(4, 4), (5, 2), (8, 8), (3, 1), (2, 5)])
def test_patches_are_those_of_a_grid(
    size: int, stride: int, dataset: Make, folder: dict[str, np.ndarray]
) -> None:
    rows = dataset("photos", f"size={size}", f"stride={'null' if stride == size else stride}").setup().rows
    assert rows.names is not None and set(rows.names) == set(folder)
    order = list(dict.fromkeys(rows.names))
    expected = [(name, patch) for name in order for patch in grid(folder[name], size, stride)]
    assert rows.names == [name for name, _ in expected]
    assert rows.x.dtype == torch.uint8 and rows.y is None
    assert np.array_equal(rows.x.numpy(), np.stack([patch for _, patch in expected]))


def test_count_draws_some_of_each_photo(dataset: Make, folder: dict[str, np.ndarray]) -> None:
    settings = ("size=4", "stride=1", "count=7")
    rows = dataset("photos", *settings).setup().rows
    assert rows.names is not None and all(rows.names.count(name) == 7 for name in folder)
    for name, patch in zip(rows.names, rows.x.numpy(), strict=True):
        assert any(np.array_equal(patch, other) for other in grid(folder[name], 4, 1))
    assert torch.equal(rows.x, dataset("photos", *settings).setup().rows.x)
    many = dataset("photos", "size=4", "stride=1", "count=1000").setup().rows
    assert len(many.x) == sum(len(grid(pixels, 4, 1)) for pixels in folder.values())


def by_split(data: Dataset) -> dict[str, set[str]]:
    names = data.rows.names
    assert names is not None
    return {split: {names[i] for i in rows} for split, rows in data.splits.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_splits_share_no_photo(seed: int, dataset: Make, folder: dict[str, np.ndarray]) -> None:
    data = dataset("photos", "size=4", f"split_seed={seed}").setup()
    of = by_split(data)
    assert [len(of[split]) for split in ("train", "val", "test")] == [14, 2, 4]  # a fifth, then a tenth
    assert set.union(*of.values()) == set(folder)
    every = torch.cat(list(data.splits.values()))
    assert torch.equal(every.sort().values, torch.arange(len(data.rows.x)))
    other = dataset("photos", "size=4", f"split_seed={1 - seed}").setup()
    assert by_split(other) != of
    assert {split: {name for name, _ in data.photos(split)} for split in of} == of


def test_first_rows_of_a_split_are_of_all_its_photos(dataset: Make, folder: dict[str, np.ndarray]) -> None:
    data = dataset("photos", "size=3", "stride=1", "split_seed=3").setup()
    names = data.rows.names
    assert names is not None
    assert {names[i] for i in data.splits["test"][:40]} == by_split(data)["test"]


def test_folders_are_splits_and_validation_photos_are_of_train(
    dataset: Make, folder: dict[str, np.ndarray]
) -> None:
    data = dataset("photos", "size=4", "folders.train=a", "folders.test=b", "val_fraction=0.3").setup()
    of = by_split(data)
    assert of["test"] == {name for name in folder if name.startswith("b/")}
    assert [len(of["train"]), len(of["val"])] == [7, 3] and not of["train"] & of["val"]
    none = dataset("photos", "size=4", "folders.train=a", "folders.test=b", "val_fraction=0").setup()
    assert by_split(none) == {"train": {n for n in folder if n.startswith("a/")}, "test": of["test"]}


def test_split_folders_are_found_by_their_names(dataset: Make, tmp_path: Path) -> None:
    for i in range(12):
        photo(tmp_path / ("train", "val", "test")[i % 3] / f"{i}.png", i, (8, 8), "RGB")
    assert {split: len(of) for split, of in by_split(dataset("photos", "size=4").setup()).items()} == {
        "train": 4,
        "val": 4,
        "test": 4,
    }


def test_limit_is_of_patches_and_all_trains_on_every_photo(
    dataset: Make, folder: dict[str, np.ndarray]
) -> None:
    data = dataset("photos", "size=4", "limit=3").setup()
    assert {len(rows) for rows in data.splits.values()} == {3}
    every = dataset("photos", "size=4", "split=all").setup()
    assert len(every.splits["all"]) == len(every.rows.x)
    assert {name for name, _ in every.photos("all")} == set(folder)


def test_whole_photos_come_as_they_are(dataset: Make, folder: dict[str, np.ndarray]) -> None:
    data = dataset("photos", "size=4").setup()
    assert data.has_photos
    for name, whole in data.photos("test"):
        assert np.array_equal(whole.numpy(), folder[name].transpose(2, 0, 1))
    assert not list(data.photos("elsewhere"))


def test_other_data_has_none(dataset: Make) -> None:
    data = dataset("digits").setup()
    assert not data.has_photos and not list(data.photos("test"))


@pytest.mark.parametrize("setting", ["centred=true", "binarize=static"])
def test_what_belongs_to_a_place_in_a_patch_has_none_in_a_photo(
    setting: str, dataset: Make, folder: dict[str, np.ndarray]
) -> None:
    assert not dataset("photos", "size=4", setting).setup().has_photos


def test_luminance_of_known_colours() -> None:
    """Black, white and the primaries of BT.601 in its studio range, and a grey."""
    rgb = np.array(
        [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [100, 100, 100]], np.uint8
    )
    grey = round(16 + 219 * 100 / 255)
    assert shades_of(rgb[None]).flatten().tolist() == [16, 235, 81, 145, 41, grey]


def shades_of(rgb: np.ndarray) -> np.ndarray:
    """Bytes [h, w, 3] -> [1, h, w]"""
    y = luminance(torch.from_numpy(rgb).movedim(2, 0)[None] / 255)
    return (255 * y[0]).round().byte().numpy()


def test_luminance_of_colour_and_grey_files(dataset: Make, tmp_path: Path) -> None:
    shades = photo(tmp_path / "grey.png", 0, (6, 6))
    Image.fromarray(shades).convert("RGB").save(tmp_path / "rgb.png")
    for i in range(3):
        photo(tmp_path / f"{i}.png", i, (6, 6), "RGB")
    data = dataset("photos", "size=6", "colours=luminance", "test_fraction=0", "val_fraction=0").setup()
    assert data.shape == (1, 6, 6) and data.rows.names is not None
    of = dict(zip(data.rows.names, data.rows.x, strict=True))
    assert torch.equal(of["grey.png"], of["rgb.png"])
    whole = dict(data.photos("train"))
    assert all(torch.equal(whole[name], of[name]) for name in of)


def test_scale_makes_photos_smaller_without_aliasing(dataset: Make, tmp_path: Path) -> None:
    stripes = np.zeros((40, 41, 3), np.uint8)
    stripes[:, ::2] = 255
    for i in range(5):
        Image.fromarray(stripes).save(tmp_path / f"{i}.png")
    data = dataset("photos", "size=8", "scale=0.25").setup()
    _, whole = next(data.photos("train"))
    assert whole.shape == (3, 10, 10)
    inner = whole[..., 2:-2, 2:-2].float()
    assert (inner - 127.5).abs().max() < 12  # every other column taken would be black or white


def test_files_of_every_kind(dataset: Make, tmp_path: Path) -> None:
    """Turned by a tag, with a palette, transparent, in CMYK and with 16 bits."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), np.uint8)
    image, turned = Image.fromarray(pixels), Image.fromarray(np.rot90(pixels).copy())
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise
    turned.save(tmp_path / "turned.png", exif=exif)
    few = image.quantize(200)
    few.save(tmp_path / "palette.png")
    clear = image.convert("RGBA")
    clear.putalpha(Image.new("L", image.size, 0))
    clear.save(tmp_path / "clear.png")
    image.convert("CMYK").save(tmp_path / "cmyk.tif")
    deep = np.full((12, 9), 257 * 100, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    data = dataset("photos", "size=9", "colours=luminance", "test_fraction=0", "val_fraction=0").setup()
    whole = {name: one.numpy() for name, one in data.photos("train")}
    assert {one.shape for one in whole.values()} == {(1, 12, 9)}
    as_it_is = shades_of(pixels)
    assert np.array_equal(whole["turned.png"], as_it_is)
    assert np.array_equal(whole["palette.png"], shades_of(np.array(few.convert("RGB"))))
    assert (whole["clear.png"] == 235).all()
    assert abs(whole["cmyk.tif"].astype(int) - as_it_is).max() <= 1
    assert (whole["deep.png"] == round(16 + 219 * 100 / 255)).all()


def test_more_than_memory_is_mapped_and_the_same(
    dataset: Make, folder: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ("size=4", "stride=2", "count=5")
    large = dataset("photos", *settings).setup()
    small = dataset("photos", *settings, "memory=1e-6").setup()
    assert small.rows.mapped and not large.rows.mapped
    assert torch.equal(small.rows.x, large.rows.x) and small.rows.names == large.rows.names
    monkeypatch.setattr(module.Photos, "load", None)  # decoded once
    again = dataset("photos", *settings, "memory=1e-6").setup()
    assert torch.equal(again.rows.x, large.rows.x)


def test_few_photos_are_decoded_at_a_time(
    dataset: Make, folder: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, each = [], module.each
    monkeypatch.setattr(
        module, "each", lambda load, paths: asked.append((load, len(paths))) or each(load, paths)
    )
    data = dataset("photos", "size=4", "memory=1e-6").setup()
    assert max(n for load, n in asked if load == data.load) == module.AT_ONCE < len(folder)  # type: ignore[attr-defined]


def refusal(data: Dataset) -> str:
    with pytest.raises(UserError) as error:
        data.setup()
    (line,) = error.value.problems
    assert "\n" not in line
    return line


def test_photos_smaller_than_a_patch_are_named(dataset: Make, folder: dict[str, np.ndarray]) -> None:
    line = refusal(dataset("photos", "size=10"))
    assert line.startswith("dataset.size: 15 of 20 photos are smaller than a patch of 10 x 10: ")
    assert line.endswith(", ...; lower dataset.size or move them away")
    assert line.count(".png [") == 5
    line = refusal(dataset("photos", "size=5", "scale=0.5"))
    assert line.startswith("dataset.size: 15 of 20 photos")
    assert line.endswith(", ...; lower dataset.size, raise dataset.scale, or move them away")


def test_grey_photos_teach_no_colours(dataset: Make, folder: dict[str, np.ndarray], tmp_path: Path) -> None:
    for name in ("grey1.png", "grey2.png"):
        photo(tmp_path / name, 1, (9, 9))
    assert refusal(dataset("photos", "size=4")) == (
        "dataset.colours: 2 of 22 photos are grey and cannot teach colours: grey1.png, grey2.png; "
        "dataset.colours=luminance takes them"
    )


def test_unreadable_photos_are_named_or_left_out(
    dataset: Make, folder: dict[str, np.ndarray], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = sorted(folder)
    (tmp_path / names[3]).write_bytes(b"none")
    (tmp_path / names[7]).write_bytes((tmp_path / names[7]).read_bytes()[:200])  # its header is whole
    line = refusal(dataset("photos", "size=4"))
    assert line.startswith("dataset.root: 2 of 20 images cannot be read: ") and f"{names[7]} (" in line
    assert line.endswith("; dataset.skip_unreadable=true leaves them out")
    for memory in ("4", "1e-6", "1e-6"):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            data = dataset("photos", "size=4", "skip_unreadable=true", f"memory={memory}").setup()
        assert "2 of 20 images cannot be read" in caplog.text
        left = set(folder) - {names[3], names[7]}
        assert set.union(*by_split(data).values()) == left
        assert data.rows.names is not None and len(data.rows.x) == len(data.rows.names)
        i = data.rows.names.index(names[8])
        assert np.array_equal(data.rows.x[i].numpy(), grid(folder[names[8]], 4, 4)[0])
        assert {name for split in ("train", "val", "test") for name, _ in data.photos(split)} == left


def test_no_photos(dataset: Make, tmp_path: Path) -> None:
    assert refusal(dataset("photos")).startswith(f"dataset.root: no images under '{tmp_path}'")
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(b"none")
    assert refusal(dataset("photos", "skip_unreadable=true")).startswith("dataset.root: 3 of 3 images cannot")
    line = refusal(dataset("photos", "folders.train=T91"))
    assert line == (
        f"dataset.folders.train: no folder '{tmp_path / 'T91'}'; "
        "dataset.folders=null takes the photos of dataset.root as they lie"
    )


def test_no_photo_in_two_splits(dataset: Make, folder: dict[str, np.ndarray]) -> None:
    line = refusal(dataset("photos", "size=4", "folders.train=.", "folders.test=b"))
    assert line.startswith("dataset.folders: train and test both hold b/")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("size=0", "size must be at least 1, got 0"),
        ("stride=0", "stride must be at least 1, got 0"),
        ("count=0", "count must be at least 1, or null for all patches, got 0"),
        ("scale=1.5", r"scale must lie in \(0, 1\], got 1.5"),
        ("overlap=1", r"overlap must lie in \[0, 1\), got 1"),
        ("folders.test=a", "folders takes train and perhaps val and test, got test"),
    ],
)
def test_impossible_settings(setting: str, said: str, dataset: Make) -> None:
    with pytest.raises(UserError, match=said):
        dataset("photos", setting)


@DATA
def test_real_photos(dataset: Make) -> None:
    root = f"root={os.environ['AELAB_DATA']}/photos"
    data = dataset("photos", root, "folders.train=T91", "folders.test=Set5", "size=32", "stride=14").setup()
    assert data.shape == (3, 32, 32)
    assert {name: len(of) for name, of in by_split(data).items()} == {"train": 82, "val": 9, "test": 5}
    sizes = {name: tuple(one.shape[1:]) for name, one in data.photos("test")}
    assert sizes["Set5/baby_GT.png"] == (512, 512) and sizes["Set5/woman_GT.png"] == (344, 228)
