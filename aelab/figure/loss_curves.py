"""How training and validation loss, and each of their terms, went from epoch to epoch."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.loss.term import Term

Row = dict[str, Any]
LINES = {"train": ("training", look.BLUE), "val": ("validation", look.ORANGE)}


class LossCurves(Figure):
    """L against the epoch, and each term beside it where there are several; of several stages, one by one

    Terms are of the last stage that has some. Losses over more than a decade are drawn on a log scale.
    """

    def draw(self, view: View) -> Canvas | None:
        rows = [row for row in view.history if "epoch" in row]
        panels = list(chosen([(stage, list(group)) for stage, group in groupby(rows, by_stage)]))
        if not panels:
            return None
        is_one = all(panel.rows is panels[0].rows for panel in panels)  # a single stage
        k = len(panels)
        columns = 2 if k == 4 else min(3, k)
        lines = math.ceil(k / columns)
        width = 7.2 if k == 1 else 4.2
        canvas = look.sheet(
            width * columns,
            4.4 if k == 1 else 3.3 * lines + 0.3,
            f"Loss: {view.name} on {type(view.dataset).__name__}",
        )
        apart = {} if is_one else {"hspace": 0.1}
        grid = canvas.subplots(lines, columns, squeeze=False, sharex=is_one, gridspec_kw=apart)
        for axes in grid.flat[k:]:
            axes.set_axis_off()
        parts = "pixels" if view.dataset.is_image else "features"
        for i, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            curves(axes, panel.rows, panel.name)
            if k > 1:
                axes.set_title(panel.title(is_one), fontsize=look.TEXT)
            # which terms other stages had is not known
            said = unit(panel.name, view.terms, parts) if is_one else ""
            said = [said, "log scale" if axes.get_yscale() == "log" else ""]
            axes.set_ylabel(", ".join(filter(None, said)), fontsize=look.TEXT)
            if i + columns >= k:  # the lowest of its column
                axes.set_xlabel("epoch" if is_one else "epoch of the stage", fontsize=look.TEXT)
                axes.tick_params(labelbottom=True)
        grid.flat[0].legend(frameon=False, fontsize=look.TEXT)
        return canvas


@dataclass
class Panel:
    """One loss of one stage."""

    stage: str
    rows: list[Row]
    name: str  # loss, loss.mse

    def title(self, is_one: bool) -> str:
        what = "total" if self.name == "loss" else f"{self.name.removeprefix('loss.')} (unweighted)"
        return what if is_one else self.stage if self.name == "loss" else f"{self.stage}: {what}"


def by_stage(row: Row) -> Any:
    return row.get("stage")


def chosen(stages: list[tuple[Any, list[Row]]]) -> Iterator[Panel]:
    """The sum of every stage, and behind it the terms, as they come, where they are shown."""
    found = [names(rows) for _, rows in stages]
    detailed = max((i for i, known in enumerate(found) if len(known) > 1), default=None)
    for i, ((stage, rows), known) in enumerate(zip(stages, found, strict=True)):
        for name in sorted(known, key=lambda name: name != "loss"):
            if name == "loss" or i == detailed:
                yield Panel(str(stage), rows, name)


def names(rows: list[Row]) -> list[str]:
    """`loss`, `loss.mse`: what training or validation measured."""
    keys = dict.fromkeys(key for split in LINES for row in rows for key in row if key.startswith(f"{split}/"))
    both = dict.fromkeys(key.split("/", 1)[1] for key in keys)
    return [name for name in both if name == "loss" or name.startswith("loss.")]


def unit(name: str, terms: Mapping[str, Term], parts: str) -> str:
    """What one number of a loss is, where its term says it."""
    every = list(terms.values())
    if name == "loss" and every and (len(every) > 1 or every[0].weight != 1):
        return "weighted sum"
    term = every[0] if name == "loss" and every else terms.get(name.removeprefix("loss."))
    return f"per sample, sum over {parts}" if term is not None and term.over_pixels else ""


def curves(axes: Axes, rows: list[Row], name: str) -> None:
    """Training and validation in one plot."""
    look.plain(axes)
    shown: list[float] = []
    for split, (label, colour) in LINES.items():
        # validation may be rarer than training
        cells = [(row["epoch"], row[key]) for row in rows if (key := f"{split}/{name}") in row]
        cells = [(epoch, value) for epoch, value in cells if math.isfinite(value)]
        if not cells:
            continue
        epochs, values = zip(*cells, strict=True)
        marker = "o" if len(cells) <= 20 else None
        axes.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.7, label=label)
        shown += values
    if shown and min(shown) > 0 and max(shown) > 10 * min(shown):
        axes.set_yscale("log")
        steps = (1, 2, 5) if max(shown) < 1000 * min(shown) else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=10))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if len({row["epoch"] for row in rows}) == 1:
        axes.set_xlim(rows[0]["epoch"] - 0.5, rows[0]["epoch"] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
