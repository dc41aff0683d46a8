"""Blocks of images, row by row under a title, side by side on one sheet."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from aelab.figure import canvas as look
from aelab.figure.tile import cell, centres, plain, tile

SIDE, WIDE, TALL = 0.62, 12.0, 11.0  # inches: of an image at most, and of all of them together
# inches of a letter beside a block, of a line of words, and between two
LETTER, LINE, APART = 0.095, 0.27, 0.22
GAPS = 6  # between two blocks without words


@dataclass
class Block:
    """Images that belong together.

    shades: [n, h, w] grey or [n, h, w, 3], row by row, as `pixels` gives them.
    rows, below: names of the rows and of the columns; empty for none.
    """

    title: str
    shades: np.ndarray
    columns: int
    rows: Sequence[str] = ()
    below: Sequence[str] = ()

    @property
    def letters(self) -> int:
        """Of the longest of its rows' names, as it is written."""
        return max((len(re.sub(r"\\hat|[${}_]", "", name)) for name in self.rows), default=0)

    def width(self, side: float) -> float:
        """Inches that it takes, where an image takes `side`."""
        return APART + LETTER * self.letters + self.columns * side

    @property
    def lines(self) -> int:
        return -(-len(self.shades) // self.columns)


def aligned(groups: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """A row of shades for each group, [groups · columns, h, w, ...]; what a group has not stays empty."""
    like = max(groups, key=len)
    empty = 1.0 if like.ndim == 4 else np.nan
    shades = np.full((len(groups), columns, *like.shape[1:]), empty, np.float32)
    for row, group in zip(shades, groups, strict=True):
        row[: len(group)] = group[:columns]
    return shades.reshape(-1, *like.shape[1:])


def blocks(given: Sequence[Block], heading: str, note: str = "", beside: int | None = None) -> Canvas:
    """All on one sheet, images in one size, the tops of a shelf level.

    beside: so many on a shelf, all if it is None.
    """
    beside = beside or len(given)
    shelves = [given[i : i + beside] for i in range(0, len(given), beside)]
    h, w = given[0].shades.shape[1:3]
    across = max(sum(block.columns for block in shelf) for shelf in shelves)
    lines = sum(max(block.lines for block in shelf) for shelf in shelves)
    side = min(SIDE, WIDE / across, TALL / lines * w / h)  # inches that an image is wide, its gap included
    _, tall, wide, gap = cell(h, w)
    dot = side / (wide + gap)
    taken = max(sum(block.width(side) for block in shelf) for shelf in shelves)
    width, above = max(taken + APART, 5.0), LINE * any(block.title for block in given)
    below = 0.1 + LINE * any(block.below for block in given)
    high = [max(block.lines * (tall + gap) - gap for block in shelf) * dot for shelf in shelves]
    foot = 0.8 * LINE * bool(note)
    canvas = look.sheet(width, sum(high) + len(shelves) * (above + below) + foot, heading)
    canvas.set_layout_engine("none")  # which would give blocks of other heights images of other sizes
    height = canvas.get_figheight()
    canvas.texts[0].set_y(1 - 0.08 / height)  # the heading
    top = foot + sum(high) + len(shelves) * (above + below)  # inches from below
    for shelf, highest in zip(shelves, high, strict=True):
        left, top = (width - taken) / 2, top - above
        for block in shelf:
            size = (block.columns * (wide + gap) - gap) * dot, (block.lines * (tall + gap) - gap) * dot
            place = left + APART / 2 + LETTER * block.letters, top - size[1]
            bounds = place[0] / width, place[1] / height, size[0] / width, size[1] / height
            show(canvas.add_axes(bounds), block, side)
            left += block.width(side)
        top -= highest + below
    if note:
        canvas.supxlabel(note, y=0.08 / height, fontsize=look.SMALL, color=look.GREY)
    return canvas


def bare(given: Sequence[Block], beside: int | None = None) -> np.ndarray:
    """The images alone in bytes, [h, w] or [h, w, 3], blocks side by side, so many on a shelf."""
    beside = beside or len(given)
    colour = any(block.shades.ndim == 4 for block in given)
    gap = cell(*given[0].shades.shape[1:3])[3]
    shelves = []
    for i in range(0, len(given), beside):
        tiles = [tile(block.shades, block.columns) for block in given[i : i + beside]]
        coloured = [t if t.ndim == 3 or not colour else np.repeat(t[..., None], 3, axis=2) for t in tiles]
        shelves.append(joined(coloured, 1, GAPS * gap))
    return plain(joined(shelves, 0, GAPS * gap))


def joined(parts: Sequence[np.ndarray], axis: int, gap: int) -> np.ndarray:
    """Along an axis, with a gap between two; the shorter ones are filled up."""
    across = 1 - axis
    size = max(part.shape[across] for part in parts)
    filled = []
    for i, part in enumerate(parts):
        pad = [(0, 0)] * part.ndim
        pad[across], pad[axis] = (0, size - part.shape[across]), (gap if i else 0, 0)
        filled.append(np.pad(part, pad, constant_values=1.0))
    return np.concatenate(filled, axis)


def show(axes: Axes, block: Block, side: float) -> None:
    """One block."""
    _, h, w, gap = cell(*block.shades.shape[1:3])
    axes.imshow(tile(block.shades, block.columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    look.bare(axes)
    across = LETTER * (1 + max(map(len, block.below), default=0))
    axes.set_xticks(*thinned(centres(len(block.below), w, gap), block.below, across / side))
    axes.set_yticks(*thinned(centres(len(block.rows), h, gap), block.rows, 0.2 / (side * h / w)))
    if block.title:
        axes.set_title(block.title, fontsize=look.TEXT + 1, color=look.INK)


def thinned(places: list[float], names: Sequence[str], images: float) -> tuple[list[float], list[str]]:
    """As many of the names as do not run into each other, where each is so many images long."""
    named = [i for i, name in enumerate(names) if name]
    apart = min((b - a for a, b in pairwise(named)), default=1)
    kept = named[:: max(1, math.ceil(images / apart))]
    return [places[i] for i in kept], [names[i] for i in kept]
