"""An algorithm in the plane, step by step: pictures in one scale, and below them how far every step came."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator

from aelab.figure import canvas as look
from aelab.figure.figure import View

MARGIN = 0.06  # of the longer side, around the points
SIDE = 2.7  # inches of a picture
FEW = 6  # steps whose stairs can be seen
WHOLE: dict[str, Any] = {"color": look.INK, "linewidth": 1.2}


class Plane:
    """What every picture shows of the plane: where the codes of the training rows lie

    z: [n, 2], in random order.
    """

    def __init__(self, view: View) -> None:
        z = view.codes("train")[0].flatten(1).float()
        self.z = z[torch.randperm(len(z), generator=torch.Generator().manual_seed(0))]
        low, high = z.amin(0), z.amax(0)
        margin = MARGIN * (high - low).max().clamp_min(1e-6)
        (self.left, self.bottom), (self.right, self.top) = (low - margin).tolist(), (high + margin).tolist()

    @property
    def tall(self) -> float:
        """Inches of a picture."""
        return SIDE * min(1.6, max(0.5, (self.top - self.bottom) / (self.right - self.left)))

    def panel(self, canvas: Canvas, place: SubplotSpec, title: str, is_first: bool) -> Axes:
        """An empty picture; the first has numbers beside it."""
        axes = canvas.add_subplot(place)
        look.plain(axes)
        axes.grid(False)
        axes.tick_params(labelleft=is_first)
        axes.set(aspect="equal", xlim=(self.left, self.right), ylim=(self.bottom, self.top))
        axes.set_title(title, fontsize=look.TEXT + 1, color=look.INK)
        axes.set_xlabel("$z_1$", fontsize=look.TEXT)
        if is_first:
            axes.set_ylabel("$z_2$", fontsize=look.TEXT)
        return axes


@dataclass
class Halves:
    """What an algorithm of two half steps comes to.

    whole: after both halves of each step, the start being step 0.
    half: after the first half; at the start, as `whole`.
    first, second: what the halves do.
    """

    name: str
    unit: str
    whole: list[float]
    half: list[float]
    first: str
    second: str
    title: str


def draw_curves(canvas: Canvas, place: SubplotSpec, halves: Halves, shown: list[int]) -> None:
    """Both halves of the first steps and, where there are more, what all of them came to."""
    few = min(len(halves.whole) - 1, FEW)
    wide = len(halves.whole) - 1 > few
    grid = place.subgridspec(1, 1 + wide)
    axes = canvas.add_subplot(grid[0, 0])
    stairs(axes, halves, few)
    axes.set_ylabel(halves.unit, fontsize=look.TEXT)
    panels = [axes]
    if wide:
        style: dict[str, Any] = {"fontsize": look.TEXT + 1, "color": look.INK}
        axes.set_title(f"{halves.title}, the first {few} steps", **style)
        axes = canvas.add_subplot(grid[0, 1])
        look.plain(axes)
        axes.plot(halves.whole, **WHOLE)
        axes.plot(shown, [halves.whole[step] for step in shown], "o", color=look.INK, markersize=5)
        axes.set_title(f"{halves.name}, all steps; a dot for each picture", **style)
        panels.append(axes)
    for axes in panels:
        axes.set_xlabel("step", fontsize=look.TEXT)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def stairs(axes: Axes, halves: Halves, last: int) -> None:
    """The first half leads from one step to the next, the second straight to what the step came to."""
    look.plain(axes)
    whole, half = halves.whole, halves.half
    first, second = ([], []), ([], [])  # lines with gaps between them, (x, y)
    for i in range(1, last + 1):
        for (x, y), line in (
            (first, ((i - 1, whole[i - 1]), (i, half[i]), (i, np.nan))),
            (second, ((i, half[i]), (i, whole[i]), (i, np.nan))),
        ):
            x.extend(point[0] for point in line)
            y.extend(point[1] for point in line)
    axes.plot(whole[: last + 1], **WHOLE, marker="o", markersize=4, label=halves.name)
    axes.plot(*first, color=look.BLUE, linewidth=2, label=halves.first)
    axes.plot(*second, color=look.ORANGE, linewidth=3.5, label=halves.second)
    rises = whole[-1] > whole[0]
    axes.legend(frameon=False, fontsize=look.TEXT, loc="lower right" if rises else "upper right")
