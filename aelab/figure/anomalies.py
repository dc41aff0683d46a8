"""Which test rows are rebuilt worst and best, and where in the picture."""

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import thinned
from aelab.figure.figure import Figure, View, no_images
from aelab.figure.scored_rows import scored_rows
from aelab.figure.tile import cell, centres, pixels, tile

ERRORS = colormaps["YlOrRd"]
SIDE, LETTER = 0.8, 0.07  # inches of an image at most, and of a letter below it
ROWS = ["image", "reconstruction", "squared error"]


class Anomalies(Figure):
    """x over x̂ over (x − x̂)², summed over channels, of the rows whose score ‖x − x̂‖² is largest and smallest

    Anomalies and normal rows apart, where `dataset.normal` tells them: above what stands out, rightly on the
    left and wrongly on the right; below what does not. Errors share one scale, from 0 to the largest shown.

    n: rows of each kind.
    """

    def __init__(self, n: int) -> None:
        at_least(n=(n, 1))
        self.n = n

    def draw(self, view: View) -> Canvas | None:
        if why := no_images(view):
            return self.nothing(why)
        if (scored := scored_rows(view, self)) is None:
            return None
        groups = {
            f"{kind}, {end} scores" if kind else f"{end} scores": rows[order[: self.n]]
            for end, down in (("largest", True), ("smallest", False))
            for kind, rows in scored.kinds.items()
            if len(order := scored.s[rows].argsort(descending=down, stable=True))
        }
        shown = torch.cat(list(groups.values()))
        x, x_hat, y = rebuilt(view, shown)
        errors = (x - x_hat).square().sum(1)  # [n, h, w]
        scale = Normalize(0, float(errors.max()) or 1.0)
        painted = ERRORS(scale(errors.numpy()))[..., :3].astype(np.float32)
        pictures = [coloured(pixels(x, view.dataset)), coloured(pixels(x_hat, view.dataset)), painted]
        side = min(SIDE, 11 / (2 * max(map(len, groups.values()))))
        below = [[f"{value:#.3g}".rstrip(".")] for value in scored.s[shown].tolist()]
        if y is not None:
            names = [look.class_name(view.dataset, label) for label in y.tolist()]
            below = [[cut(name, side), *lines] for name, lines in zip(names, below, strict=True)]
        heading = look.heading("Anomalies", view.dataset, view.name)
        canvas, grid = laid_out(list(map(len, groups.values())), side, x.shape[-2:], heading)
        first = 0
        for axes, (title, rows) in zip(grid, groups.items(), strict=True):
            part = slice(first, first := first + len(rows))
            block(axes, title, [picture[part] for picture in pictures], below[part], side)
        bar = canvas.colorbar(ScalarMappable(scale, ERRORS), ax=grid, fraction=0.03, aspect=30)
        bar.outline.set_visible(False)  # type: ignore[operator]
        over = ",\nover its channels" if x.shape[1] > 1 else ""
        bar.set_label(f"squared error of a pixel{over}, in model units", fontsize=look.TEXT)
        look.bare(bar.ax)
        what = "score" if y is None else "class and its score"
        note = f"below each its {what}, the sum of its squared errors{scored.auroc and f'; {scored.auroc}'}"
        canvas.supxlabel(note, fontsize=look.SMALL, color=look.GREY)
        return canvas


def rebuilt(view: View, shown: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """(x, x̂, y) of these places in the split, as in use."""
    parts: dict[int, list[Tensor]] = {}
    first = 0
    for trace in view.traces(view.dataset.final, int(shown.max()) + 1, in_use=True):
        for place in shown.unique().tolist():
            if 0 <= place - first < len(trace.x):
                entries = [trace[name] for name in ("x", "x_hat", "y") if name in trace]
                # copied: a view would hold the whole batch
                parts[place] = [entry[place - first].clone() for entry in entries]
        first += len(trace.x)
    columns = zip(*(parts[place] for place in shown.tolist()), strict=True)
    x, x_hat, *y = (torch.stack(column).detach().cpu() for column in columns)
    return x.float(), x_hat.float(), y[0] if y else None


def coloured(shades: np.ndarray) -> np.ndarray:
    """[n, h, w] or [n, h, w, 3] -> [n, h, w, 3]"""
    return shades if shades.ndim == 4 else np.repeat(shades[..., None], 3, axis=3)


def cut(name: str, side: float) -> str:
    """As much of a name as fits below an image."""
    letters = max(4, round(side / LETTER))
    return name if len(name) <= letters else name[: letters - 1] + "…"


def laid_out(
    sizes: list[int], side: float, shape: tuple[int, ...], heading: str
) -> tuple[Canvas, list[Axes]]:
    """A sheet for groups of so many images [h, w], each `side` inches wide; two groups side by side."""
    lines = -(-len(sizes) // 2)
    _, h, w, gap = cell(*shape)
    tall = 3 * side * (h + gap) / (w + gap)
    canvas = look.sheet(max(2 * max(sizes) * side + 3.2, 6), lines * (tall + 0.9) + 0.2, heading)
    return canvas, [canvas.add_subplot(lines, 2, i + 1) for i in range(len(sizes))]


def block(axes: Axes, title: str, pictures: list[np.ndarray], below: list[list[str]], side: float) -> None:
    """Images over reconstructions over errors."""
    _, h, w, gap = cell(*pictures[0].shape[1:3])
    axes.imshow(tile(np.concatenate(pictures), len(below)), interpolation="nearest")
    look.bare(axes)
    axes.set_title(title, fontsize=look.TEXT + 1, color=look.INK)
    axes.set_yticks(centres(3, h, gap), ROWS)
    across = LETTER * (1 + max(len(line) for lines in below for line in lines))
    named = thinned(centres(len(below), w, gap), ["\n".join(lines) for lines in below], across / side)
    axes.set_xticks(*named, fontsize=look.SMALL)
