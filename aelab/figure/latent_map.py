"""Where the codes lie: a map of two coordinates, or a histogram of one; the baselines' beside the run's."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from torch import Tensor

from aelab.baseline.title import title
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View

LONG = 1000  # codes longer than this, whole images, get their principal components from this many rows
MOST = 9  # maps beside each other
log = logging.getLogger(__name__)


@dataclass
class Map:
    """Codes as they are drawn."""

    name: str
    z: Tensor  # [n, 1] or [n, 2]
    y: Tensor | None  # [n]
    axes: list[str]
    colour: str = look.BLUE  # where there are no classes
    marks: Tensor | None = None  # [m, 1 or 2], other places in the same coordinates


class LatentMap(Figure):
    """z₁ against z₂; of longer codes the two directions of largest variance     [PCA, of all codes]

    Codes are means of q(z given x) where it is a distribution.

    points: at most this many a map, drawn once.
    baselines: whether the baselines' maps stand beside the run's, which may take a while to make.
    """

    def __init__(self, points: int, baselines: bool) -> None:
        at_least(points=(points, 1))
        self.points, self.baselines = points, baselines

    def draw(self, view: View) -> Canvas | None:
        z, y = view.codes(view.dataset.final)
        if len(z) < 2:
            return None
        maps = [placed(view.name, z, y, self.points), *self.others(view)]
        labels = sorted({label for one in maps if one.y is not None for label in one.y.tolist()})
        classes = [look.class_name(view.dataset, label) for label in labels]
        colours = look.class_colours(labels)
        beside = 0.1 * max(map(len, classes)) + 0.5 if classes else 0.1  # inches for the classes' names
        heading = look.heading("Latent map", view.dataset, view.name)
        canvas, grid = panels(maps, beside, heading)
        for axes, one in zip(grid, maps, strict=False):
            show(axes, one, labels, colours, look.TEXT if len(maps) == 1 else look.SMALL)
            said = [one.name] if len(maps) > 1 else []
            said += [f"{len(one.z)} rows"] if len(one.z) < len(maps[0].z) else []
            said += ["means of q(z given x)"] if one is maps[0] and "q" in view.model.latent.gives else []
            axes.set_title(fill(", ".join(said), 40), fontsize=look.TEXT + 1, color=look.INK)
        for axes in grid[len(maps) :]:
            axes.set_axis_off()
        key(canvas, grid, len(maps), classes, colours)
        return canvas

    def others(self, view: View) -> Iterator[Map]:
        """The baselines' maps."""
        split, sides = view.dataset.final, view.baselines if self.baselines else {}
        maps = {name: side.codes for name, side in sides.items() if side.places}
        if len(maps) >= MOST:
            log.warning(f"figure.latent_map: shows the first {MOST - 1} of {len(maps)} baselines")
        for name, codes in list(maps.items())[: MOST - 1]:
            yield placed(title(name), *codes(split), self.points)


def placed(name: str, z: Tensor, y: Tensor | None, points: int, marks: Tensor | None = None) -> Map:
    """The map of codes z [n, d], of at most so many of them; marks [m, d] lie where codes would."""
    z = z.detach().flatten(1).float()
    # in random order, so that neither the choice nor the overlap of the dots prefers a class
    order = torch.randperm(len(z), generator=torch.Generator().manual_seed(0))
    z, y = z[order], None if y is None else y[order]
    axes = ["$z_1$", "$z_2$" if z.shape[1] > 1 else "codes per bin"]
    if z.shape[1] > 2:
        centre, v, share = pca(z)
        z, marks = (z - centre) @ v, None if marks is None else (marks - centre) @ v
        shares = enumerate(share.tolist(), 1)
        axes = [f"principal component {i} of z: {part:.0%} of its variance" for i, part in shares]
    return Map(name, z[:points], None if y is None else y[:points], axes, marks=marks)


def panels(maps: list[Map], beside: float, heading: str) -> tuple[Canvas, list[Axes]]:
    """A large panel for one map, a row or two for more; the last of the panels may stay empty."""
    k = len(maps)
    if k == 1:
        canvas = look.sheet(6.6 + beside, 6 if maps[0].z.shape[1] > 1 else 4.4, heading)
        return canvas, [canvas.add_subplot()]
    columns = {2: 2, 3: 3, 4: 2}.get(k, 3)
    lines = -(-k // columns)
    canvas = look.sheet(4.3 * columns + beside, 4.5 * lines, heading)
    return canvas, list(canvas.subplots(lines, columns, squeeze=False).flat)


def pca(z: Tensor, k: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """z [n, d] -> (its mean [d], the k directions of largest variance [d, k], their shares of it [k])

    From the smaller of two products, [d, d] of all rows, or [n, n] of as many rows as stay quick where the
    codes are whole images.
    """
    centre = z.mean(0)
    centred = z - centre
    if centred.shape[1] <= LONG:
        rows = centred.double()
        squares, v = torch.linalg.eigh(rows.mT @ rows)  # ascending
    else:
        rows = centred[:LONG].double()
        squares, u = torch.linalg.eigh(rows @ rows.mT)
        v = rows.mT @ u[:, -k:] / squares[-k:].clamp_min(1e-30).sqrt()
    v = v[:, -k:].flip(1)  # [d, k]
    v = v * v.gather(0, v.abs().argmax(0, keepdim=True)).sign()  # a direction has no sign of its own
    share = squares[-k:].flip(0) / squares.sum().clamp_min(1e-30)
    return centre, v.float(), share.clamp_min(0)


def show(axes: Axes, one: Map, labels: list[int], colours: list[look.Colour], size: float) -> None:
    """A map with its axes' names in this size."""
    look.plain(axes)
    draw = histogram if one.z.shape[1] == 1 else scatter
    draw(axes, one, labels, colours)
    for axis, label in zip((axes.xaxis, axes.yaxis), one.axes, strict=True):
        axis.set_label_text(label, fontsize=size)


def scatter(axes: Axes, one: Map, labels: list[int], colours: list[look.Colour]) -> None:
    """One dot a code; both axes in the same unit, so that distances can be read."""
    x, y = one.z.T.numpy()
    size = min(28.0, max(6.0, 14000 / len(x)))
    colour = one.colour if one.y is None else [colours[labels.index(label)] for label in one.y.tolist()]
    axes.scatter(x, y, s=size, c=colour, alpha=0.75, linewidths=0)
    axes.set_box_aspect(1)
    axes.set_aspect("equal", adjustable="datalim")


def histogram(
    axes: Axes, one: Map, labels: list[int], colours: list[look.Colour], bins: int | list[float] = 40
) -> None:
    """How many codes lie where, class over class, with bins in common."""
    z = one.z[:, 0]
    edges: list[float] = np.histogram_bin_edges(z.numpy(), bins).tolist()
    if one.y is None:
        axes.hist(z.numpy(), edges, color=one.colour)
    else:
        parts = [z[one.y == label].numpy() for label in labels]
        axes.hist(parts, edges, color=colours, stacked=True)


def key(canvas: Canvas, grid: list[Axes], k: int, names: list[str], colours: list[look.Colour]) -> None:
    """Class names beside k maps: a legend where they are few, a colour bar where they are many."""
    if 0 < len(names) <= 20:
        dots = [
            Line2D([], [], linestyle="none", marker="o", color=c, label=name)
            for name, c in zip(names, colours, strict=True)
        ]
        style: dict[str, Any] = {"handles": dots, "frameon": False, "fontsize": look.TEXT}
        style["handletextpad"] = 0.2
        if k == 1:
            grid[0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), **style)
        elif k < len(grid):  # the empty panel has room
            grid[k].legend(loc="center left", **style)
        else:
            canvas.legend(**style, **{"loc": "outside right center"})
    elif names:
        norm = BoundaryNorm([i - 0.5 for i in range(len(names) + 1)], len(names))
        bar = canvas.colorbar(ScalarMappable(norm, ListedColormap(colours)), ax=grid)
        every = -(-len(names) // 20)
        bar.set_ticks(list(range(0, len(names), every)), labels=names[::every])
        bar.ax.minorticks_off()
        look.bare(bar.ax)
