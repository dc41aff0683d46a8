"""A photo as it is shown, out of any mode of Pillow's and back: pixels in [0, 1], alpha, bits."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.ExifTags import IFD
from torch import Tensor

BITS_16 = ("I;16", "I;16L", "I;16B", "I;16N", "I")
GREY = ("1", "L", "LA", "La", *BITS_16)
COLOUR = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV")

SAID = frozenset(
    [*range(269, 273), 274, 282, 283, 285, 296, 305, 306, 315, 316, 18246, 33432, *range(40091, 40096)]
)
"""Tags of EXIF's that say something of a photo: what, who, when, by which camera; others are of a file."""
GROUPS = (IFD.Exif, IFD.GPSInfo)


@dataclass
class Photo:
    """pixels: RGB in [0, 1], upright, three equal channels where it is grey, [1, 3, h, w]

    alpha: [1, 1, h, w]; None where nothing is transparent.
    bits: of a channel, 8 or 16.
    exif, icc: what the file says of the photo, by EXIF's tags, and of its colours.
    notes: what of the file is lost.
    """

    pixels: Tensor
    is_grey: bool
    alpha: Tensor | None = None
    bits: int = 8
    exif: dict[int, Any] = field(default_factory=dict)
    icc: bytes | None = None
    notes: list[str] = field(default_factory=list)


def photo_of(image: Image.Image) -> Photo:
    """Raises ValueError for pixels that are no colours or that Pillow cannot scale."""
    if image.mode not in (*GREY, *COLOUR):
        raise ValueError("floating-point pixels" if image.mode == "F" else f"pixels of mode {image.mode}")
    notes = []
    if (pages := getattr(image, "n_frames", 1)) > 1:
        notes.append(f"the first of {pages} pages or frames")
    if ";16" in str(getattr(image, "tile", "")) and image.mode not in BITS_16:
        notes.append("16 bits, read and written as 8")
    if image.mode == "CMYK":
        notes.append("CMYK, written as RGB")
    exif, icc, is_grey = said(image.getexif()), image.info.get("icc_profile"), image.mode in GREY
    image = ImageOps.exif_transpose(image)
    if image.mode in BITS_16:
        stored = np.asarray(image)
        if stored.min() < 0 or stored.max() > 65535:
            raise ValueError("pixels of 32 bits")
        pixels = torch.from_numpy(stored.astype(np.float32) / 65535)[None, None]
        return Photo(pixels.expand(-1, 3, -1, -1), True, None, 16, exif, icc, notes)
    has_alpha = image.has_transparency_data
    mode = ("LA" if has_alpha else "L") if is_grey else "RGBA" if has_alpha else "RGB"
    if image.mode in ("La", "HSV"):
        image = image.convert("LA" if is_grey else "RGB")
    stored = np.array(image.convert(mode))
    pixels = torch.from_numpy(stored).view(1, *stored.shape[:2], -1).movedim(-1, 1)
    scaled = pixels[:, : 1 if is_grey else 3].float() / 255
    alpha = pixels[:, -1:].float() / 255 if has_alpha else None
    return Photo(scaled.expand(-1, 3, -1, -1), is_grey, alpha, 8, exif, icc, notes)


def said(exif: Image.Exif) -> dict[int, Any]:
    """The tags of the photo itself, groups of them as dictionaries; a TIFF's layout is left out."""
    own = {tag: value for tag, value in exif.items() if tag in SAID}
    return own | {group: dict(inside) for group in GROUPS if (inside := exif.get_ifd(group))}


def image_of(photo: Photo) -> Image.Image:
    """Grey or RGB of 8 bits, perhaps with alpha, or grey of 16."""
    parts = [photo.pixels[:, :1] if photo.is_grey else photo.pixels]
    parts += [] if photo.alpha is None else [photo.alpha]
    most, kind = (65535, np.uint16) if photo.bits == 16 else (255, np.uint8)
    # in place on one copy: photos are large
    shades = [part[0].clamp(0, 1).mul_(most).round_().movedim(0, -1).numpy().astype(kind) for part in parts]
    whole = np.concatenate(shades, -1)  # [h, w, c]
    return Image.fromarray(whole.squeeze(-1) if whole.shape[-1] == 1 else whole)
