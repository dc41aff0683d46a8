"""Image files of every mode as bytes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from aelab.dataset.images import each, find, load, look, reason
from aelab.errors import UserError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 8), np.uint8)
COLOUR = RNG.integers(0, 256, (6, 8, 3), np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601


def save(path: Path, image: Image.Image, **options) -> Path:
    image.save(path, **options)
    return path


def test_grey_and_colour_are_exact(tmp_path: Path) -> None:
    grey = save(tmp_path / "grey.png", Image.fromarray(GREY))
    colour = save(tmp_path / "colour.png", Image.fromarray(COLOUR))
    assert look(grey) == (1, 6, 8) and look(colour) == (3, 6, 8)
    assert np.array_equal(load(grey, (1, 6, 8)), GREY[None])
    assert np.array_equal(load(grey, (3, 6, 8)), np.stack([GREY] * 3))
    assert np.array_equal(load(colour, (3, 6, 8)), COLOUR.transpose(2, 0, 1))
    assert np.abs(load(colour, (1, 6, 8))[0] - COLOUR @ LUMA).max() < 1


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_scaled_not_clipped(suffix: str, tmp_path: Path) -> None:
    deep = RNG.integers(0, 65536, (6, 8)).astype(np.uint16)
    path = save(tmp_path / f"deep{suffix}", Image.fromarray(deep))
    assert look(path) == (1, 6, 8)
    assert np.abs(load(path, (1, 6, 8))[0] - deep / 257).max() <= 0.5


def test_black_and_white(tmp_path: Path) -> None:
    path = save(tmp_path / "bits.png", Image.fromarray(GREY > 128))
    assert look(path) == (1, 6, 8)
    assert np.array_equal(load(path, (1, 6, 8))[0], np.where(GREY > 128, 255, 0))


def test_palette(tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8), "P")
    palette = RNG.integers(0, 256, (256, 3), np.uint8)
    image.putpalette(palette.tobytes())
    for name in ("palette.png", "palette.gif"):
        path = save(tmp_path / name, image)
        assert look(path) == (3, 6, 8)
        assert np.array_equal(load(path, (3, 6, 8)), palette[:48].reshape(6, 8, 3).transpose(2, 0, 1))


def test_transparency_shows_white(tmp_path: Path) -> None:
    alpha = np.array([[0, 255, 128, 0, 255, 64, 0, 0]] * 6, np.uint8)[..., None]
    expected = (COLOUR * (alpha / 255) + 255 * (1 - alpha / 255)).transpose(2, 0, 1)
    path = save(tmp_path / "rgba.png", Image.fromarray(np.concatenate([COLOUR, alpha], 2)))
    assert np.abs(load(path, (3, 6, 8)) - expected).max() <= 1
    grey = save(tmp_path / "la.png", Image.fromarray(np.concatenate([GREY[..., None], alpha], 2)))
    assert look(grey) == (1, 6, 8)
    assert np.abs(load(grey, (1, 6, 8))[0] - (GREY * (alpha[..., 0] / 255) + 255 - alpha[..., 0])).max() <= 1
    key = save(tmp_path / "key.png", Image.fromarray(GREY), transparency=int(GREY[0, 0]))
    assert load(key, (1, 6, 8))[0, 0, 0] == 255


def test_cmyk(tmp_path: Path) -> None:
    path = save(tmp_path / "cmyk.tif", Image.fromarray(COLOUR).convert("CMYK"))
    assert look(path) == (3, 6, 8)
    assert np.abs(load(path, (3, 6, 8)).astype(int) - COLOUR.transpose(2, 0, 1)).max() <= 1


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, GREY),
        (2, GREY[:, ::-1]),
        (3, GREY[::-1, ::-1]),
        (6, np.rot90(GREY, -1)),
        (8, np.rot90(GREY, 1)),
        (5, GREY.T),
    ],
)
def test_orientation_is_honoured(orientation: int, upright: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = save(tmp_path / "turned.png", Image.fromarray(GREY), exif=exif)
    assert look(path) == (1, *upright.shape)
    assert np.array_equal(load(path, (1, *upright.shape))[0], upright)


def test_floating_point_and_32_bits_are_refused(tmp_path: Path) -> None:
    real = save(tmp_path / "real.tif", Image.fromarray(GREY.astype(np.float32)))
    with pytest.raises(ValueError, match="floating-point pixels"):
        load(real, (1, 6, 8))
    long = save(tmp_path / "long.tif", Image.fromarray(GREY.astype(np.int32) * 1000))
    with pytest.raises(ValueError, match="pixels of 32 bits"):
        load(long, (1, 6, 8))


def test_the_centre_is_cropped_to_the_aspect(tmp_path: Path) -> None:
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    assert (load(save(tmp_path / "wide.png", Image.fromarray(wide)), (1, 10, 10)) == 200).all()
    assert (load(save(tmp_path / "tall.png", Image.fromarray(wide.T)), (1, 10, 10)) == 200).all()


def test_shrinking_averages_instead_of_skipping(tmp_path: Path) -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255  # gone or all white if pixels were skipped
    small = load(save(tmp_path / "stripes.png", Image.fromarray(stripes)), (1, 8, 8)).astype(float)
    assert abs(small - 127.5).max() < 20


def test_a_large_jpeg_keeps_its_picture(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 800).astype(np.uint8)
    path = save(tmp_path / "ramp.jpg", Image.fromarray(np.tile(ramp, (800, 1))), quality=95)
    expected = (np.arange(20) + 0.5) / 20 * 255
    assert np.abs(load(path, (1, 20, 20))[0] - expected).max() < 4


def test_find_is_sorted_recursive_and_skips_what_is_no_image(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "deep/er/c.webp", "Thumbs.db", "notes.txt", ".hidden.png", ".git/d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find(tmp_path, "dataset.root") == ["a.jpg", "b.PNG", "deep/er/c.webp"]


def test_find_goes_once_through_links_that_lead_back(tmp_path: Path) -> None:
    (tmp_path / "all" / "a").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    for name in ("all/1.png", "all/a/2.png", "other/3.png"):
        save(tmp_path / name, Image.fromarray(GREY))
    (tmp_path / "all" / "a" / "back").symlink_to(tmp_path / "all")
    (tmp_path / "all" / "here").symlink_to(".")
    (tmp_path / "all" / "beside").symlink_to(tmp_path / "other")
    assert find(tmp_path / "all", "dataset.root") == ["1.png", "a/2.png", "beside/3.png"]


def test_find_without_images_or_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        find(tmp_path / "no", "dataset.root")
    assert str(error.value) == f"dataset.root: no folder '{tmp_path / 'no'}'"
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError) as error:
        find(tmp_path, "input")
    assert str(error.value).startswith(f"input: no images under '{tmp_path}' (.bmp, .gif, .jpeg, ")


@pytest.mark.parametrize("size", [10, 100_000])
def test_each_keeps_the_order_and_the_errors(size: int, tmp_path: Path) -> None:
    """Small files are read one after the other, large ones by threads."""
    paths = [tmp_path / f"{i}" for i in range(40)]
    for path in paths:
        path.write_bytes(bytes(size))

    def number(path: Path) -> int:
        if path.name == "7":
            raise OSError("broken")
        return int(path.name)

    results = list(each(number, paths))
    assert isinstance(results[7], OSError)
    assert [r for r in results if isinstance(r, int)] == [i for i in range(40) if i != 7]


def test_a_link_to_nowhere_is_an_unreadable_image(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (error,) = each(look, [tmp_path / "gone.png"])
    assert isinstance(error, FileNotFoundError) and reason(error) == "No such file or directory"
