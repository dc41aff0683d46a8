"""How training and validation loss, and each of their terms, went from epoch to epoch."""

import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View

Row = dict[str, Any]
Stages = list[tuple[Any, list[Row]]]
LINES = {"train": ("training", look.BLUE), "val": ("validation", look.ORANGE)}


class LossCurves(Figure):
    """L against the epoch, and each term beside it where there are several; stages shaded in turn"""

    def draw(self, view: View) -> Canvas | None:
        stages = [(stage, list(rows)) for stage, rows in groupby(in_order(view.history), by_stage)]
        names = dict.fromkeys(
            key.split("/", 1)[1]
            for _, rows in stages
            for split in LINES
            for key in (key for row in rows for key in row)
            if key == f"{split}/loss" or key.startswith(f"{split}/loss.")
        )
        if not names:
            return None
        panels = sorted(names, key=lambda name: name != "loss")  # the sum first, the terms as they come
        columns = min(3, len(panels))
        lines = math.ceil(len(panels) / columns)
        width = 7.2 if columns == 1 else 4.2
        canvas = look.sheet(
            width * columns,
            4.4 if columns == 1 else 3.3 * lines + 0.3,
            f"Loss: {view.name} on {type(view.dataset).__name__}",
        )
        grid = canvas.subplots(lines, columns, squeeze=False, sharex=True)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for axes, name in zip(grid.flat, panels, strict=False):
            curves(axes, stages, name)
            if len(panels) > 1:
                title = "total" if name == "loss" else f"{name.removeprefix('loss.')} (unweighted)"
                axes.set_title(title, fontsize=look.TEXT, pad=20 if len(stages) > 1 else 6)
            if len(stages) > 1:
                shade(axes, stages, letters=11 * width - 10)
        grid.flat[0].legend(frameon=False, fontsize=look.TEXT)
        parts = "pixels" if view.dataset.is_image else "features"
        canvas.supxlabel("epoch", fontsize=look.TEXT)
        canvas.supylabel(f"loss per sample (sum over {parts})", fontsize=look.TEXT)
        return canvas


def by_stage(row: Row) -> Any:
    return row.get("stage")


def in_order(history: list[Row]) -> Iterator[Row]:
    """Rows with `epoch` going on from stage to stage, also where every stage counts anew."""
    before, last, stage = 0.0, -math.inf, None
    for row in history:
        if "epoch" not in row:
            continue
        if by_stage(row) != stage and before + row["epoch"] <= last:
            before = last + 1 - row["epoch"]
        last, stage = before + row["epoch"], by_stage(row)
        yield {**row, "epoch": last}


def curves(axes: Axes, stages: Stages, name: str) -> None:
    """Training and validation in one plot, a new line in every stage."""
    look.plain(axes)
    shown: list[float] = []
    for split, (label, colour) in LINES.items():
        for _, rows in stages:
            # validation may be rarer than training, and a stage may have other terms
            cells = [(row["epoch"], row[key]) for row in rows if (key := f"{split}/{name}") in row]
            cells = [(epoch, value) for epoch, value in cells if math.isfinite(value)]
            if not cells:
                continue
            epochs, values = zip(*cells, strict=True)
            marker = "o" if len(cells) <= 20 else None
            axes.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.7, label=label)
            shown += values
            label = None  # once in the legend
    if shown and min(shown) > 0 and max(shown) > 10 * min(shown):
        axes.set_yscale("log")
        steps = (1, 2, 5) if max(shown) < 1000 * min(shown) else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=10))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if len({row["epoch"] for _, rows in stages for row in rows}) == 1:
        axes.set_xlim(stages[0][1][0]["epoch"] - 0.5, stages[0][1][0]["epoch"] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def shade(axes: Axes, stages: Stages, letters: float) -> None:
    """A band behind every other stage; its name above, where the axes' width in letters has room for it."""
    ends = [(rows[0]["epoch"] - 0.5, rows[-1]["epoch"] + 0.5) for _, rows in stages]
    first, last = ends[0][0], ends[-1][1]
    for i, ((stage, _), (left, right)) in enumerate(zip(stages, ends, strict=True)):
        if i % 2:
            axes.axvspan(left, right, color="#eef0f4", linewidth=0, zorder=0)
        name = f"{stage:g}" if isinstance(stage, float) else str(stage)
        if (right - left) / (last - first) * letters > len(name):
            place = {"xy": ((left + right) / 2, 1.02), "xycoords": axes.get_xaxis_transform()}
            axes.annotate(name, **place, ha="center", va="bottom", fontsize=look.SMALL, color=look.GREY)
    axes.set_xlim(first, last)
