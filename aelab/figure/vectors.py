"""Vectors before and after the autoencoder, in the data's own units."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.figure import canvas as look

FEW = 24  # so many features get a plot each, more share one
DOTS: dict[str, dict[str, Any]] = {
    "input": {"color": look.BLUE, "marker": "o", "markersize": 5.5},
    "corrupted": {"color": look.GREY, "marker": "x", "markersize": 5},
    "reconstruction": {"color": look.ORANGE, "marker": "_", "markersize": 9, "markeredgewidth": 2.2},
}


def vectors(rows: dict[str, Tensor], dataset: Dataset, title: str) -> Canvas:
    """A plot for each feature, because each has its own unit; where they are many, one for each row."""
    scale, like = dataset.scale.to(rows["input"].device), rows["input"].shape
    raw = {name: scale.inverse(x) for name, x in rows.items() if x.shape == like}  # each [n, d]
    n, d = like
    by_feature = d <= FEW
    plots = d if by_feature else n
    columns = min(plots, 2 if not by_feature else 5 if d > 8 else 4)
    lines = math.ceil(plots / columns)
    width, height = (2.1, 1.5) if by_feature else (4.8, 1.2)
    canvas = look.sheet(max(width * columns, 6), height * lines + 0.8, title)
    grid = canvas.subplots(lines, columns, squeeze=False, sharex=True, sharey=not by_feature)
    for axes in grid.flat[plots:]:
        axes.set_axis_off()
    for i, axes in enumerate(grid.flat[:plots]):
        look.plain(axes)
        if by_feature:
            dots(axes, {name: x[:, i] for name, x in raw.items()})
            axes.set_title(f"feature {i}", fontsize=look.TEXT)
        else:
            for name, x in raw.items():
                axes.plot(x[i].numpy(), **style(name, by_feature))
            axes.margins(x=0.01)
        if i + columns >= plots:  # the lowest of its column
            axes.set_xlabel("row" if by_feature else "feature", fontsize=look.SMALL)
            axes.tick_params(labelbottom=True)
    canvas.supylabel("value in the data's units", fontsize=look.TEXT)
    handles = [Line2D([], [], label=name, **style(name, by_feature)) for name in raw]
    canvas.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=look.TEXT)
    return canvas


def dots(axes: Axes, values: dict[str, Tensor]) -> None:
    """The rows of one feature side by side; a stem is the error."""
    across = range(len(values["input"]))
    ends = values["input"].numpy(), values["reconstruction"].numpy()
    axes.vlines(across, *ends, color=look.ORANGE, linewidth=1.2, zorder=1)
    for name, value in values.items():
        axes.plot(across, value.numpy(), **style(name, as_dots=True))
    axes.set_xticks([])
    axes.margins(x=0.08, y=0.15)


def style(name: str, as_dots: bool) -> dict[str, Any]:
    dot = DOTS[name]
    return {"linestyle": "none", **dot} if as_dots else {"color": dot["color"], "linewidth": 1.4}
