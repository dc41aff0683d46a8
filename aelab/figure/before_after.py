"""A user's own photos before and after, each with the square of it that changed most."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.corruption.downsample import resized
from aelab.figure import canvas as look
from aelab.figure.photos import frame, largest, show
from aelab.restore import Restored

MOST = 12
"""Photos of a sheet, the first."""
WIDTH, HEIGHT = 2.1, 2.3  # inches of a picture, with what stands above and below it
LETTERS = 26  # of a name
LONGEST = 480  # pixels of a photo's longer side on a sheet, so that the sheet's memory is bounded
ZOOM = 0.25
"""Side of the square, as a share of the photo's shorter one."""


@dataclass
class Shown:
    """What a sheet keeps of a photo, bytes [h, w, 3] by `before`, `after` and perhaps `truth`.

    square: (top, left, side) in the small photos.
    below: what is said of each.
    """

    name: str
    photos: dict[str, np.ndarray]
    squares: dict[str, np.ndarray]
    square: tuple[float, float, float]
    below: dict[str, str]


def shown(name: str, found: Restored, scores: dict[str, Any]) -> Shown:
    """Of one photo, small, and the square at its full size."""
    pictures = {"before": found.before, "after": found.after}
    if found.truth is not None:
        pictures["truth"] = found.truth
    top, left, side = changed(found)
    part = (..., slice(top, top + side), slice(left, left + side))
    h, w = found.after.shape[-2:]
    times = min(1.0, LONGEST / max(h, w))
    size = max(1, round(times * h)), max(1, round(times * w))
    small = {key: resized(of, *size) if times < 1 else of for key, of in pictures.items()}
    below = {"before": scores.get("before_psnr"), "after": scores.get("psnr")}
    return Shown(
        name,
        {key: in_bytes(of) for key, of in small.items()},
        {key: in_bytes(of[part]) for key, of in pictures.items()},
        (times * top, times * left, times * side),
        {key: f"{of:.2f} dB" for key, of in below.items() if of is not None},
    )


def changed(found: Restored) -> tuple[int, int, int]:
    """(top, left, side) of the square that differs most between before and after."""
    h, w = found.after.shape[-2:]
    side = max(min(h, w, 16), round(ZOOM * min(h, w)))
    return largest((found.after - found.before).abs(), side)


def in_bytes(image: Tensor) -> np.ndarray:
    return (255 * image[0].clamp(0, 1)).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def sheet(photos: list[Shown], heading: str) -> Canvas:
    """A photo's pictures and then its squares stand beside each other; of many photos, two to a line."""
    kinds = max((list(photo.photos) for photo in photos), key=len)
    k = len(kinds)
    beside = 2 if k == 2 and len(photos) > 3 else 1
    lines = -(-len(photos) // beside)
    canvas = look.sheet(WIDTH * 2 * k * beside, HEIGHT * lines, heading)
    grid = canvas.subplots(lines, 2 * k * beside, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, photo in enumerate(photos):
        line, first = i // beside, i % beside * 2 * k
        for j, kind in enumerate(kind for kind in kinds if kind in photo.photos):
            whole, part = grid[line, first + j], grid[line, first + k + j]
            above = kind if line == 0 else ""
            name = ended(photo.name).replace("$", r"\$") if j == 0 else ""
            below = "\n".join(filter(None, (photo.below.get(kind, ""), name)))
            for axes, picture, said in ((whole, photo.photos, below), (part, photo.squares, "")):
                axes.set_axis_on()
                show(axes, picture[kind], above, said)
            frame(whole, photo.square)
    return canvas


def ended(name: str) -> str:
    """As much of the end of a name as fits below a picture."""
    return name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"
