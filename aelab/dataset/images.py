"""Image files of any kind as bytes [c, h, w]: upright, grey or RGB, cropped and resized."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from aelab.build import one_line
from aelab.errors import UserError

SUFFIXES = frozenset(
    [".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"]
)
SMALL = 16_384  # bytes; below, the threads spend their time waiting for each other's Python
AT_ONCE = 1024  # files handed to the threads together, so that decoded images do not pile up

Shape = tuple[int, int, int]
"""[c, h, w]"""
T = TypeVar("T")


def is_image(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def find(root: Path, setting: str) -> list[str]:
    """The image files under a folder, relative to it and sorted; hidden and other files are left out."""
    if not root.is_dir():
        raise UserError(f"{setting}: no folder '{root}'")

    def refuse(error: OSError) -> None:
        raise UserError(f"{setting}: {error.filename} cannot be read ({error.strerror})") from error

    found = []
    for here, folders, files in os.walk(root, onerror=refuse, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        folders[:] = [name for name in folders if not leads_back(Path(here) / name)]
        below = Path(here).relative_to(root)
        found += [(below / name).as_posix() for name in files if is_image(name) and not name.startswith(".")]
    if not found:
        raise UserError(f"{setting}: no images under '{root}' ({', '.join(sorted(SUFFIXES))})")
    return sorted(found)


def leads_back(folder: Path) -> bool:
    """Whether it is a link to a folder that holds it, by which a search would find all files again."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def look(path: Path) -> Shape:
    """The shape of an image, upright, from its header alone."""
    with Image.open(path) as image:
        w, h = image.size
        if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # these turn it by a quarter
            w, h = h, w
        is_grey = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
        return 1 if is_grey else 3, h, w


def load(path: Path, shape: Shape) -> np.ndarray:
    """Bytes [c, h, w]: the largest centred part of the asked aspect, resized without aliasing."""
    c, h, w = shape
    with Image.open(path) as image:
        # a JPEG can be decoded at a half, a quarter or an eighth of its size, in a fraction of the time
        image.draft(None, (2 * max(h, w), 2 * max(h, w)))
        ImageOps.exif_transpose(image, in_place=True)
        bytes_ = opaque(image, "L" if c == 1 else "RGB")
    if bytes_.size != (w, h):
        bytes_ = ImageOps.fit(bytes_, (w, h), Image.Resampling.BICUBIC)
    pixels = np.asarray(bytes_)  # [h, w] or [h, w, 3]
    return pixels[None] if c == 1 else pixels.transpose(2, 0, 1)


def opaque(image: Image.Image, mode: str) -> Image.Image:
    """In grey or RGB of 8 bits; what is transparent shows white."""
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8 instead of scaling them
        pixels = np.asarray(image)
        if pixels.min() < 0 or pixels.max() > 65535:
            raise ValueError("pixels of 32 bits")
        image = Image.fromarray((pixels / 257).round().astype(np.uint8))
    elif image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert(mode)


def each(function: Callable[[Path], T], paths: list[Path]) -> Iterator[T | Exception]:
    """The function's result of every file, in order, or what it raised."""
    some = paths[:: max(1, len(paths) // 100)]
    call = partial(attempt, function)
    stats = [attempt(Path.stat, path) for path in some]  # of links to nowhere there is none
    if sum(one.st_size for one in stats if not isinstance(one, Exception)) < SMALL * len(some):
        yield from map(call, paths)
        return
    with ThreadPoolExecutor(max(2, torch.get_num_threads())) as pool:
        for start in range(0, len(paths), AT_ONCE):
            yield from pool.map(call, paths[start : start + AT_ONCE])


def attempt(function: Callable[[Path], T], path: Path) -> T | Exception:
    try:
        return function(path)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever broken bytes come to
        return error


def decode(
    root: Path, names: list[str], shape: Shape, keep: Callable[[np.ndarray], object]
) -> dict[str, str]:
    """Hand every image [c, h, w] to `keep`, in order; name -> why, for those that cannot be read."""
    images = each(partial(load, shape=shape), [root / name for name in names])
    wrong = {}
    for name, image in zip(names, images, strict=True):
        if isinstance(image, Exception):
            wrong[name] = reason(image)
        else:
            keep(image)
    return wrong


def reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    return (isinstance(error, OSError) and error.strerror) or one_line(error)


def unreadable(wrong: dict[str, str], n: int) -> str:
    """`2 of 91 images cannot be read: a.png (not an image), b/c.jpg (image file is truncated)`"""
    named = ", ".join(f"{name} ({why})" for name, why in list(wrong.items())[:5])
    return f"{len(wrong)} of {n} images cannot be read: {named}{', ...' if len(wrong) > 5 else ''}"
