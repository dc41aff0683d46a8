"""What each dimension of the code answers to: its mean over position, scale and rotation."""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View

SIDE = 1.2  # inches of a panel, at least
PLACE = ("position_y", "position_x")
CURVES = {"scale": "scale", "orientation": "rotation"}  # as the data and the figure call them


@dataclass
class Factors:
    """The rows' factors by name, and how many values each has."""

    of: dict[str, Tensor]  # [n]
    sizes: dict[str, int]

    def mean(self, z: Tensor, *names: str) -> Tensor:
        """Mean of z [n] over the rows of every combination of these factors' values; NaN where none is."""
        sizes = [self.sizes[name] for name in names]
        cell = torch.zeros(len(z), dtype=torch.int64)
        for name, size in zip(names, sizes, strict=True):
            cell = cell * size + self.of[name]
        total = torch.zeros(int(np.prod(sizes)), dtype=torch.float64).index_add_(0, cell, z.double())
        return (total / torch.bincount(cell, minlength=len(total))).view(sizes)


class LatentResponses(Figure):
    """Columns: dimensions j of the code, of largest Var z_j first. Rows: E[z_j given position], and for every
    shape E[z_j given scale] and E[z_j given rotation]     [Higgins et al. 2017, fig. 7]

    Of all rows of the final split, less the mean of z_j over them. One scale for all panels: a dimension
    that says nothing is white and flat. For data that knows its factors, dataset=shapes or dsprites.

    dims: columns at most.
    """

    def __init__(self, dims: int) -> None:
        at_least(dims=(dims, 1))
        self.dims = dims

    def draw(self, view: View) -> Canvas | None:
        factors = factors_of(view)
        if factors is None:
            return None
        z = view.codes(view.dataset.final)[0].detach().flatten(1).float()  # [n, d]
        variance, mean = torch.var_mean(z, dim=0, correction=0)
        dims = variance.argsort(descending=True, stable=True)[: self.dims].tolist()
        z = z - mean
        maps = [factors.mean(z[:, j], *PLACE) for j in dims]
        curves = {name: [factors.mean(z[:, j], "shape", name) for j in dims] for name in CURVES}
        shown = torch.cat([part.flatten() for parts in (maps, *curves.values()) for part in parts])
        top = float(shown.nan_to_num(0).abs().max()) or 1.0
        side = min(2, max(SIDE, 5.5 / len(dims)))  # few columns would leave no room for words
        heading = look.heading("Latent responses", view.dataset, view.name)
        canvas = look.sheet(side * len(dims) + 1.9, 3 * side + 1.25, heading)
        grid = canvas.subplots(3, len(dims), squeeze=False, sharey="row")
        shapes = sorted(factors.of["shape"].unique().tolist())
        colours = look.class_colours(shapes)
        for column, j in enumerate(dims):
            image = grid[0, column].imshow(maps[column].numpy(), look.SIGNED, vmin=-top, vmax=top)
            frame(grid[0, column], f"$z_{{{j + 1}}}$\nVar {float(variance[j]):.2g}")
            for axes, name in zip(grid[1:, column], CURVES, strict=True):
                axes.axhline(0, color=look.GREY, linewidth=0.6)
                for shape, colour in zip(shapes, colours, strict=True):
                    label = look.class_name(view.dataset, shape)
                    line(axes, curves[name][column][shape], colour, label)
                look.plain(axes)
                axes.set_ylim(-1.08 * top, 1.08 * top)
                ends(axes, name, factors.sizes[name])
        for axes, label in zip(grid[:, 0], ("position", *CURVES.values()), strict=True):
            axes.set_ylabel(label, fontsize=look.TEXT, color=look.INK)
        for axes in grid.flat:
            axes.set_box_aspect(1)
        bar = canvas.colorbar(image, cax=grid[0, -1].inset_axes((1.1, 0, 0.07, 1)))
        bar.outline.set_visible(False)  # type: ignore[operator]
        look.bare(bar.ax)
        beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "frameon": False}
        grid[1, -1].legend(fontsize=look.SMALL, handlelength=1.2, **beside)
        note = "mean of a dimension over rows that share a position, or a shape and a scale or rotation, of "
        canvas.supxlabel(
            fill(f"{note}{len(z):,}", int(13 * (side * len(dims) + 1.9))),
            fontsize=look.SMALL,
            color=look.GREY,
        )
        return canvas


def factors_of(view: View) -> Factors | None:
    """Of the final split's rows; None where the data does not know all that the figure shows."""
    rows, names = view.dataset.rows, view.dataset.rows.factor_names
    needed = {*PLACE, *CURVES, "shape"}
    index = view.dataset.splits[view.dataset.final]
    if rows.factors is None or names is None or not needed <= set(names) or not len(index):
        return None
    factors = rows.factors.cpu()
    sizes = (factors.amax(0) + 1).tolist()
    picked = factors[index.cpu()]  # [n, k]
    return Factors(dict(zip(names, picked.T, strict=True)), dict(zip(names, sizes, strict=True)))


def line(axes: Axes, values: Tensor, colour: look.Colour, label: str) -> None:
    """Over those values of a factor that some row has; a lone one as a dot."""
    there = (~values.isnan()).nonzero().flatten()
    marker = "." if len(there) == 1 else None
    axes.plot(there.numpy(), values[there].numpy(), marker=marker, color=colour, linewidth=1.4, label=label)


def ends(axes: Axes, name: str, size: int) -> None:
    """The factor's first and last value below its curve."""
    first, last = ("0", r"$2\pi$") if name == "orientation" else ("small", "large")
    axes.set_xlim(0, max(size - 1, 1))
    axes.set_xticks([0, max(size - 1, 1)], [first, last])
    for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        label.set_horizontalalignment(side)


def frame(axes: Axes, title: str) -> None:
    """A thin line around, as a dimension that says nothing is white."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=look.GREY, linewidth=0.5)
    axes.set_title(title, fontsize=look.SMALL, color=look.INK, pad=3)
