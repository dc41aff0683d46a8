"""Files of photos: read with what they carry, written in their own format where it holds the result."""

import warnings
from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base

from aelab.files import replacing
from aelab.photo import Photo, image_of, photo_of

FORMATS = {
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".png": ("PNG", {}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
    ".webp": ("WEBP", {"quality": 95}),
    ".bmp": ("BMP", {}),
}
"""Suffix -> Pillow's name of the format, and how it is written."""
LONGEST = {"JPEG": 65_500, "WEBP": 16_383}
"""Pixels of a side, where a format limits them."""
HOLDS_ALPHA, HOLDS_16 = ("PNG", "TIFF", "WEBP"), ("PNG", "TIFF")
SPACES = {True: b"GRAY", False: b"RGB "}


def read(path: Path) -> Photo:
    """The first page, upright; raises whatever Pillow's decoders do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # at half of what it refuses
        with Image.open(path) as image:
            return photo_of(image)


def target(name: str, photo: Photo, names: Iterable[str]) -> tuple[str, str | None]:
    """(the name of the file that holds this photo, why it is a PNG, where its own format does not)"""
    path = Path(name)
    kind, _ = FORMATS.get(path.suffix.lower(), (None, None))
    if kind is None:
        why = f"{path.suffix.lower()[1:].upper()}, written as PNG"
    elif photo.alpha is not None and kind not in HOLDS_ALPHA:
        why = f"transparent, which {kind} does not hold, written as PNG"
    elif photo.bits == 16 and kind not in HOLDS_16:
        why = f"16 bits, which {kind} does not hold, written as PNG"
    elif max(photo.pixels.shape[-2:]) > (most := LONGEST.get(kind, inf)):
        why = f"sides of more than {most} pixels, which {kind} does not hold, written as PNG"
    else:
        return name, None
    alone = sum(Path(other).with_suffix("") == path.with_suffix("") for other in names) == 1
    png = path.with_suffix(".png") if alone else path.with_name(f"{path.name}.png")  # a.gif beside a.png
    return png.as_posix(), why


def write(photo: Photo, path: Path) -> None:
    """In the format of its suffix, EXIF and the colours' profile with it."""
    kind, settings = FORMATS[path.suffix.lower()]
    image = image_of(photo)
    carried: dict[str, Any] = {}
    if photo.icc is not None and photo.icc[16:20] == SPACES[photo.is_grey]:
        carried["icc_profile"] = photo.icc
    if photo.exif:
        carried["exif"] = upright(photo.exif, image.size)
    with replacing(path) as partial:
        image.save(partial, kind, **settings, **carried)


def upright(said: dict[int, Any], size: tuple[int, int]) -> bytes:
    """EXIF that says this of pixels that stand upright and have this size [w, h]."""
    exif, said = Image.Exif(), dict(said)
    if Base.Orientation in said:
        said[Base.Orientation] = 1
    if IFD.Exif in said:
        sides = zip((Base.ExifImageWidth, Base.ExifImageHeight), size, strict=True)
        said[IFD.Exif] = said[IFD.Exif] | {tag: side for tag, side in sides if tag in said[IFD.Exif]}
    exif.update(said)
    return exif.tobytes()  # Pillow writes the groups of a TIFF from bytes alone
