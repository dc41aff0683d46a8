"""Real files of every kind: what comes of their pixels, and what they carry with them."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps
from PIL.ExifTags import IFD, Base

from aelab.photo import Photo
from aelab.photo_file import read, target, write

H, W = 9, 12


def picture(mode: str = "RGB") -> Image.Image:
    """[9, 12], smooth enough for JPEG."""
    y, x = np.mgrid[:H, :W] / W
    image = Image.fromarray((255 * np.stack([x, y, 1 - x], -1)).astype(np.uint8))
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray((255 * (x + y) / 2).astype(np.uint8)))
    return image.convert(mode)


def shades_16() -> np.ndarray:
    return (np.arange(H * W).reshape(H, W) * 600 + 7).astype(np.uint16)


def again(path: Path) -> tuple[Photo, Image.Image]:
    """The photo in a file, and the file it is written to."""
    photo = read(path)
    other = path.with_name(f"again{path.suffix}")
    write(photo, other)
    with Image.open(other) as image:
        image.load()
    return photo, image


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "bmp", "webp", "jpg", "JPEG"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_eight_bits_come_back_in_their_own_format(mode: str, suffix: str, tmp_path: Path) -> None:
    path, given = tmp_path / f"a.{suffix}", picture(mode)
    given.save(path)
    photo, image = again(path)
    with Image.open(path) as stored:
        assert image.format == stored.format
        assert photo.is_grey == (stored.mode == "L")  # WebP has no grey
        off = np.abs(np.asarray(image.convert(mode), int) - np.asarray(stored.convert(mode), int))
    assert off.mean() < 5 if suffix in ("webp", "jpg", "JPEG") else off.max() == 0
    assert not photo.notes and photo.alpha is None and photo.pixels.shape == (1, 3, H, W)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_kept(mode: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    exactly: dict[str, Any] = {"lossless": True, "exact": True} if suffix == "webp" else {}
    picture(mode).save(path, **exactly)
    photo, image = again(path)
    assert photo.alpha is not None and image.mode == ("RGBA" if suffix == "webp" else mode)
    with Image.open(path) as stored:
        assert image.getchannel("A").tobytes() == stored.getchannel("A").tobytes()
        shown = np.asarray(stored.convert("RGB")).transpose(2, 0, 1) / 255
    torch.testing.assert_close(photo.pixels[0].double(), torch.as_tensor(shown), atol=1e-6, rtol=0)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_of_grey_come_back(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(shades_16()).save(path)
    photo, image = again(path)
    assert photo.bits == 16 and photo.is_grey
    assert image.mode == "I;16" and np.array_equal(np.asarray(image), shades_16())
    assert photo.pixels[0, 0, 0, 1].item() == pytest.approx(607 / 65535)


def test_a_pgm_of_sixteen_bits(tmp_path: Path) -> None:
    Image.fromarray(shades_16()).save(tmp_path / "a.pgm")
    photo = read(tmp_path / "a.pgm")
    assert photo.bits == 16 and photo.pixels[0, 0, 0, 1].item() == pytest.approx(607 / 65535)


def png_of_48_bits(path: Path, rgb: np.ndarray) -> None:
    """By hand, for Pillow reads but does not write it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", rgb.shape[1], rgb.shape[0], 16, 2, 0, 0, 0)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in rgb)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def test_sixteen_bits_of_colour_are_eight_and_said_so(tmp_path: Path) -> None:
    rgb = np.asarray(picture())
    png_of_48_bits(tmp_path / "a.png", rgb.astype(np.uint16) * 257)
    photo, image = again(tmp_path / "a.png")
    assert photo.notes == ["16 bits, read and written as 8"] and np.array_equal(np.asarray(image), rgb)


def test_palettes_bits_and_cmyk(tmp_path: Path) -> None:
    indexed = picture().quantize(7)
    indexed.save(tmp_path / "p.png")
    photo, image = again(tmp_path / "p.png")
    assert image.mode == "RGB" and np.array_equal(np.asarray(image), np.asarray(indexed.convert("RGB")))
    indexed.save(tmp_path / "t.png", transparency=2)
    photo, image = again(tmp_path / "t.png")
    assert image.mode == "RGBA" and np.array_equal(np.asarray(image)[..., 3] == 0, np.asarray(indexed) == 2)
    picture("1").save(tmp_path / "b.png")
    photo, image = again(tmp_path / "b.png")
    assert photo.is_grey and np.array_equal(np.asarray(image) > 0, np.asarray(picture("1")))
    picture("CMYK").save(tmp_path / "c.tif")
    photo, image = again(tmp_path / "c.tif")
    assert image.mode == "RGB" and photo.notes == ["CMYK, written as RGB"]
    assert np.array_equal(np.asarray(image), np.asarray(picture("CMYK").convert("RGB")))


@pytest.mark.parametrize("suffix", ["tif", "gif", "png", "webp"])
def test_the_first_of_several_pages(suffix: str, tmp_path: Path) -> None:
    path, pages = tmp_path / f"a.{suffix}", [picture(), ImageOps.invert(picture())]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    photo = read(path)
    assert photo.notes == ["the first of 2 pages or frames"]
    off = np.abs(photo.pixels[0].permute(1, 2, 0).numpy() - np.asarray(picture()) / 255).mean()
    assert off < 0.06


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.fromarray(np.ones((H, W), np.float32)), "floating-point pixels"),
        (Image.fromarray(np.full((H, W), 70_000, np.int32)), "pixels of 32 bits"),
        (Image.new("LAB", (W, H)), "pixels of mode LAB"),
    ],
)
def test_pixels_that_are_refused(image: Image.Image, words: str, tmp_path: Path) -> None:
    image.save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=words):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_upright_with_its_exif(turn: int, suffix: str, tmp_path: Path) -> None:
    exif, path = Image.Exif(), tmp_path / f"a.{suffix}"
    exif.update({Base.Orientation: turn, Base.Make: "Camera", Base.Copyright: "mine"})
    exif[IFD.Exif] = {Base.DateTimeOriginal: "2020:01:01 00:00:00", Base.ExifImageWidth: W}
    exif[IFD.GPSInfo] = {1: "N"}
    picture().save(path, exif=exif.tobytes())
    photo, image = again(path)
    turned = (W, H) if turn < 5 else (H, W)
    assert tuple(photo.pixels.shape[-2:]) == turned[::-1] and image.size == turned
    with Image.open(path) as stored:
        off = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"), int) - np.asarray(image, int)
    assert off.any() == 0 if suffix in ("png", "tif") else np.abs(off).mean() < 5
    found = image.getexif()
    assert found.get(Base.Orientation, 1) == 1
    assert (found[Base.Make], found[Base.Copyright]) == ("Camera", "mine")
    assert found.get_ifd(IFD.GPSInfo) == {1: "N"}
    camera = {Base.DateTimeOriginal: "2020:01:01 00:00:00", Base.ExifImageWidth: turned[0]}
    assert found.get_ifd(IFD.Exif) == camera


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_profile_is_kept_where_it_is_of_such_colours(suffix: str, tmp_path: Path) -> None:
    profile: Any = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture().save(tmp_path / f"a.{suffix}", icc_profile=profile)
    photo, image = again(tmp_path / f"a.{suffix}")
    assert image.info["icc_profile"] == profile
    write(replace(photo, is_grey=True), tmp_path / "grey.png")
    with Image.open(tmp_path / "grey.png") as grey:
        assert "icc_profile" not in grey.info


def test_a_jpeg_of_high_quality_with_all_its_colours(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.jpg")
    _, image = again(tmp_path / "a.jpg")
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]
    picture().save(tmp_path / "own.jpg", quality=95)
    with Image.open(tmp_path / "own.jpg") as own:
        assert image.quantization == own.quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize(("suffix", "most"), [("webp", 16_383), ("jpg", 65_500)])
def test_the_longest_side_that_a_format_holds(suffix: str, most: int, tmp_path: Path) -> None:
    """Past it its encoder fails, which would be the end of all photos behind."""
    longest = Photo(torch.zeros(1, 3, 1, most), False)
    name, why = target(f"a.{suffix}", longest, [f"a.{suffix}"])
    assert (name, why) == (f"a.{suffix}", None)
    write(longest, tmp_path / name)
    longer = Photo(torch.zeros(1, 3, most + 1, 1), False)
    name, why = target(f"a.{suffix}", longer, [f"a.{suffix}"])
    kind = {"webp": "WEBP", "jpg": "JPEG"}[suffix]
    assert (name, why) == (
        "a.png",
        f"sides of more than {most} pixels, which {kind} does not hold, written as PNG",
    )
    write(longer, tmp_path / name)
    assert read(tmp_path / name).pixels.shape == longer.pixels.shape


def plain(**what: Any) -> Photo:
    return Photo(torch.zeros(1, 3, 2, 2), False, **what)


@pytest.mark.parametrize(
    ("name", "what", "expected", "why"),
    [
        ("in/a.JPG", {}, "in/a.JPG", None),
        ("in/a.gif", {}, "in/a.png", "GIF, written as PNG"),
        ("b.gif", {}, "b.gif.png", "GIF, written as PNG"),
        (
            "a.bmp",
            {"alpha": torch.ones(1, 1, 2, 2)},
            "a.png",
            "transparent, which BMP does not hold, written as PNG",
        ),
        ("a.webp", {"alpha": torch.ones(1, 1, 2, 2)}, "a.webp", None),
        ("a.webp", {"bits": 16}, "a.png", "16 bits, which WEBP does not hold, written as PNG"),
    ],
)
def test_names_are_kept_where_the_format_holds_the_result(
    name: str, what: dict[str, Any], expected: str, why: str | None
) -> None:
    assert target(name, plain(**what), [name, "b.png", "in/b.jpg"]) == (expected, why)
