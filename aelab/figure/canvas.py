"""The sheet that every figure is drawn on: one palette, one size of type, one form of heading."""

import re
from textwrap import wrap

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from aelab.dataset.dataset import Dataset

BLUE, ORANGE, GREY, INK = "#2b6cb0", "#dd6b20", "#8a919c", "#1f2430"
SIGNED = "RdBu_r"  # colours of signed numbers, white at 0
TEXT, SMALL = 10.5, 9
Colour = str | tuple[float, float, float, float]


def sheet(width: float, height: float, heading: str) -> Canvas:
    """An empty canvas, its heading above this many inches; no pyplot: nothing global, no display needed."""
    size = 13
    if len(heading) > 7.5 * width:  # a sweep's run has a long name: smaller, and broken where it has commas
        size, heading = 10.5, re.sub(r",(?=\S)", ", ", heading)
    lines = wrap(heading, round(110 * width / size))
    canvas = Canvas(figsize=(width, height + 0.1 + len(lines) * size / 58), layout="constrained")
    canvas.suptitle("\n".join(lines), fontsize=size, fontweight="bold", color=INK)
    return canvas


def bare(axes: Axes) -> None:
    """Neither frame nor tick marks, as around pictures; tick labels stay."""
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, labelsize=TEXT, labelcolor=INK)


def plain(axes: Axes) -> None:
    """A light frame and grid, as around curves."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(which="both", color=GREY, labelsize=SMALL, labelcolor=INK)
    axes.grid(color="#e6e8ec", linewidth=0.8)
    axes.set_axisbelow(True)


def class_colours(labels: list[int]) -> list[Colour]:
    """One colour a class, told apart up to 20 and a scale beyond; grey for rows that have no label."""
    known = [label for label in labels if label >= 0]
    k = len(known)
    palette = colormaps["tab10" if k <= 10 else "tab20" if k <= 20 else "turbo"]
    colours = {label: palette(i if k <= 20 else i / (k - 1)) for i, label in enumerate(known)}
    return [colours.get(label, "#c5cad1") for label in labels]


def class_name(dataset: Dataset, label: int) -> str:
    """The data's own word for a label, else its number."""
    if label < 0:
        return "no label"
    classes = dataset.rows.classes
    return classes[label] if classes is not None and label < len(classes) else str(label)


def heading(shown: str, dataset: Dataset, name: str, n: int | None = None) -> str:
    """`Reconstructions: vae on Digits, test rows`; of the first n alone, `first 100 of 360 test rows`."""
    rows = len(dataset.splits[dataset.final])
    part = f"first {n} of {rows} " if n is not None and n < rows else ""
    return f"{shown}: {name} on {type(dataset).__name__}, {part}{dataset.final} rows"


def what(canvas: Canvas) -> str:
    """What it shows, the beginning of its heading: `Reconstructions`"""
    return canvas.get_suptitle().replace("\n", " ").partition(":")[0]
