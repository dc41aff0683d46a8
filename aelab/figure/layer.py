"""What one layer gave, as bars, squares or tiles."""

import math

import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from torch import Tensor

from aelab.figure import canvas as look
from aelab.figure.tile import tile

BARS = 32  # so many numbers are bars, more are a field of squares
MAPS = 64  # so many maps of a layer are shown


def draw_layer(axes: Axes, h: Tensor) -> float:
    """[units] as bars or a field of squares, [maps, h, w] as tiles, [length, width] as a matrix; max |h|."""
    top = float(h.abs().max()) or 1.0
    colours = colormaps[look.SIGNED]
    if h.ndim == 3 and h[0].numel() == 1:
        h = h.flatten()
    if h.ndim == 1 and len(h) <= BARS:
        shades = colours(0.5 + h.numpy() / (2 * top))
        axes.barh(range(len(h)), h.numpy(), color=shades, edgecolor=look.GREY, linewidth=0.5)
        axes.axvline(0, color=look.GREY, linewidth=0.8)
        axes.set_xlim(-top, top)
        axes.set_ylim(max(len(h), 6) - 0.5, -0.5)
        axes.set_box_aspect(1)
        return top
    if h.ndim == 3:
        maps = h[:MAPS].numpy()
        square = math.ceil(math.sqrt(len(maps) * maps.shape[1] / maps.shape[2]))
        picture = tile(maps, min(square, len(maps)))
    elif h.ndim == 1:
        columns = math.ceil(math.sqrt(len(h)))
        picture = torch.full([-(-len(h) // columns) * columns], torch.nan)
        picture[: len(h)] = h
        picture = picture.reshape(-1, columns).numpy()
    else:
        picture = h.flatten(1).numpy()
    axes.imshow(picture, cmap=colours, vmin=-top, vmax=top, interpolation="nearest")
    return top
