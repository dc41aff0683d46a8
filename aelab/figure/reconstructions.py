"""Inputs above corrupted inputs above reconstructions, the run's and the baselines'."""

from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.baseline.title import title
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import cell, centres, pixels, plain, tile
from aelab.figure.vectors import vectors
from aelab.trace import Trace

PAD = 3.5  # points between a picture and its tick labels


class Reconstructions(Figure):
    """x over x̃ over x̂

    n: columns, spread over the classes where there are labels.
    baselines: whether images get a row for every baseline that rebuilds.
    """

    def __init__(self, n: int, baselines: bool) -> None:
        at_least(n=(n, 1))
        self.n, self.baselines = n, baselines

    def draw(self, view: View) -> Canvas | None:
        dataset, split = view.dataset, view.dataset.final
        shown = pick(dataset, split, self.n)
        trace = view.trace(split, max(shown) + 1)
        if "x_hat" not in trace:
            return None
        rows = self.rows(trace, shown)
        heading = look.heading("Reconstructions", dataset, view.name)
        if not dataset.is_image:
            return vectors(rows, dataset, heading)
        for name, side in view.baselines.items() if self.baselines else ():
            other = side.trace(split, max(shown) + 1)
            if "x_hat" in other:
                rows[title(name)] = other["x_hat"][shown].float()
        y = trace["y"][shown].tolist() if trace.get("y") is not None else None
        return images(rows, y, dataset, heading)

    def bare(self, view: View) -> np.ndarray | None:
        shown = pick(view.dataset, view.dataset.final, self.n)
        trace = view.trace(view.dataset.final, max(shown) + 1)
        if not view.dataset.is_image or "x_hat" not in trace:
            return None
        return plain(tile(np.concatenate(shades(self.rows(trace, shown), view.dataset)), len(shown)))

    def rows(self, trace: Trace, shown: list[int]) -> dict[str, Tensor]:
        """The run's own: name -> [n, *shape]"""
        x, x_tilde, x_hat = (trace[name][shown].detach().float() for name in ("x", "x_tilde", "x_hat"))
        rows = {"input": x, "corrupted": x_tilde, "reconstruction": x_hat}
        if x_tilde.shape == x.shape and torch.equal(x_tilde, x):
            del rows["corrupted"]
        return rows


def shades(rows: dict[str, Tensor], dataset: Dataset) -> list[np.ndarray]:
    """Of each row as `pixels` gives them, but all in colour where one is, as in colorization."""
    found = [pixels(x, dataset) for x in rows.values()]
    if any(s.ndim == 4 for s in found):
        found = [s if s.ndim == 4 else np.repeat(s[..., None], 3, axis=3) for s in found]
    return found


def images(rows: dict[str, Tensor], y: list[int] | None, dataset: Dataset, heading: str) -> Canvas:
    """All as one picture; class names above, the errors of each column below."""
    pictures = shades(rows, dataset)
    n = len(pictures[0])
    _, h, w, gap = cell(*pictures[0].shape[1:3])
    picture = tile(np.concatenate(pictures), n)
    side = min(1.0, 10 / n)  # inches a column
    errors = {
        name: [f"{e:#.2g}".rstrip(".") for e in (x - rows["input"]).square().flatten(1).mean(1).tolist()]
        for name, x in rows.items()
        if name not in ("input", "corrupted")
    }
    words = 0.1 if side < 0.5 else 0.5 if y is None else 0.75  # inches above and below
    words += 0.17 * (len(errors) - 1) * (side >= 0.5)
    tall = n * side * picture.shape[0] / picture.shape[1]
    canvas = look.sheet(max(n * side + 1.25, 5), tall + words, heading)
    axes = canvas.add_subplot()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    look.bare(axes)
    axes.tick_params(pad=PAD)
    axes.set_yticks(centres(len(rows), h, gap), list(rows))
    axes.set_xticks([])
    columns = centres(n, w, gap)
    if side >= 0.5:  # else the numbers would run into each other
        axes.set_xticks(columns, ["\n".join(column) for column in zip(*errors.values(), strict=True)])
        if len(errors) > 1:  # then each line of them needs its name
            place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
            place |= {"ha": "right", "va": "top", "fontsize": look.TEXT, "color": look.INK}
            axes.annotate("\n".join(errors), (0, 0), (-PAD, -PAD), **place)
        axes.set_xlabel("mean squared error per pixel, in model units", fontsize=look.SMALL, color=look.GREY)
        if y is not None:
            top = axes.secondary_xaxis("top")
            top.set_xticks(columns, [look.class_name(dataset, label) for label in y])
            top.tick_params(length=0, labelsize=look.TEXT, labelcolor=look.INK)
            top.spines[:].set_visible(False)
    return canvas
