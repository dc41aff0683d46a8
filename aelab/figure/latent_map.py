"""Where the codes lie: a map of two coordinates, or a histogram of one."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from torch import Tensor

from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View

LONG = 1000  # codes longer than this, whole images, get their principal components from this many rows


class LatentMap(Figure):
    """z₁ against z₂; of longer codes the two directions of largest variance     [PCA, of all codes]

    points: at most this many, drawn once.
    """

    def __init__(self, points: int = 5000) -> None:
        if points < 1:
            raise ValueError(f"points must be at least 1, got {points}")
        self.points = points

    def draw(self, view: View) -> Canvas | None:
        z, y = view.codes(view.dataset.final)
        z = z.detach().flatten(1).float()
        n, d = z.shape
        if n < 2:
            return None
        # in random order, so that neither the choice nor the overlap of the dots prefers a class
        order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
        z, y = z[order], None if y is None else y[order]
        names = ["$z_1$", "$z_2$"]
        if d > 2:
            z, share = pca(z)
            shares = enumerate(share.tolist(), 1)
            names = [f"principal component {i} of z: {part:.0%} of its variance" for i, part in shares]
        z, y = z[: self.points], None if y is None else y[: self.points]
        labels = [] if y is None else sorted(set(y.tolist()))
        classes = [look.class_name(view.dataset, label) for label in labels]
        beside = 0.1 * max(map(len, classes)) + 0.5 if classes else 0.1  # inches for the classes' names
        title = look.heading("Latent map", view.dataset, view.name)
        canvas = look.sheet(6.6 + beside, 6 if d > 1 else 4.4, title)
        axes = canvas.add_subplot()
        look.plain(axes)
        colours = look.class_colours(labels)
        if d == 1:
            histogram(axes, z[:, 0], y, labels, colours)
        else:
            scatter(axes, z, y, labels, colours)
            axes.set_ylabel(names[1], fontsize=look.TEXT)
        axes.set_xlabel(names[0], fontsize=look.TEXT)
        key(canvas, axes, classes, colours)
        return canvas


def pca(z: Tensor, k: int = 2) -> tuple[Tensor, Tensor]:
    """z [n, d] -> (its k leading principal components [n, k], their shares of the variance [k]).

    From the smaller of two products, [d, d] of all rows, or [n, n] of as many rows as stay quick where the
    codes are whole images.
    """
    centred = z - z.mean(0)
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
    return centred @ v.float(), share.clamp_min(0)


def scatter(axes: Axes, z: Tensor, y: Tensor | None, labels: list[int], colours: list[look.Colour]) -> None:
    """One dot a code; both axes in the same unit, so that distances can be read."""
    n = len(z)
    size = min(28.0, max(6.0, 14000 / n))
    colour = look.BLUE if y is None else [colours[labels.index(label)] for label in y.tolist()]
    axes.scatter(z[:, 0].numpy(), z[:, 1].numpy(), s=size, c=colour, alpha=0.75, linewidths=0)
    axes.set_box_aspect(1)
    axes.set_aspect("equal", adjustable="datalim")


def histogram(axes: Axes, z: Tensor, y: Tensor | None, labels: list[int], colours: list[look.Colour]) -> None:
    """How many codes lie where, class over class, with bins in common."""
    bins = np.histogram_bin_edges(z.numpy(), 40).tolist()
    axes.set_ylabel("codes per bin", fontsize=look.TEXT)
    if y is None:
        axes.hist(z.numpy(), bins, color=look.BLUE)
    else:
        axes.hist([z[y == label].numpy() for label in labels], bins, color=colours, stacked=True)


def key(canvas: Canvas, axes: Axes, names: list[str], colours: list[look.Colour]) -> None:
    """Class names beside the plot: a legend where they are few, a colour bar where they are many."""
    if 0 < len(names) <= 20:
        dots = [
            Line2D([], [], linestyle="none", marker="o", color=c, label=name)
            for name, c in zip(names, colours, strict=True)
        ]
        where = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
        axes.legend(handles=dots, frameon=False, fontsize=look.TEXT, handletextpad=0.2, **where)
    elif names:
        norm = BoundaryNorm([i - 0.5 for i in range(len(names) + 1)], len(names))
        bar = canvas.colorbar(ScalarMappable(norm, ListedColormap(colours)), ax=axes)
        every = -(-len(names) // 20)
        bar.set_ticks(list(range(0, len(names), every)), labels=names[::every])
        bar.ax.minorticks_off()
        look.bare(bar.ax)
