"""How a search came to its best trial."""

import itertools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from aelab.figure import canvas as look
from aelab.figure.figure import Sweep, SweepFigure
from aelab.records import Record

WORD = {"minimize": "lower is better", "maximize": "higher is better"}


class SearchHistory(SweepFigure):
    """The objective of every trial in the order of their numbers, and the best so far

    Of two objectives, one over the other, and the trials that no other is better than in both.
    """

    def compare(self, sweep: Sweep) -> Canvas | None:
        objectives = dict(
            zip(sweep.told.get("objectives", ()), sweep.told.get("directions", ()), strict=True)
        )
        if not objectives:
            return self.nothing("draws the trials of a search; hydra/sweeper=optuna makes one")
        runs = [run for run in sweep.runs if objectives.keys() <= run.numbers.keys()]
        if not runs:
            return self.nothing(f"no trial of this search has reported {' and '.join(objectives)} yet")
        canvas = look.sheet(7.2, 3.8, f"{len(runs)} trials: {sweep.name}".rstrip(": "))
        axes = canvas.add_subplot()
        look.plain(axes)
        if len(objectives) == 1:
            (name, direction) = next(iter(objectives.items()))
            history(axes, runs, name, direction)
        else:
            front(axes, runs, list(objectives.items())[:2])
        axes.legend(frameon=False, fontsize=look.SMALL)
        return canvas


def number(run: Record) -> int:
    """`12` of `12-lr=0.01`"""
    return int(run.folder.name.partition("-")[0])


def history(axes: Axes, runs: Sequence[Record], name: str, direction: str) -> None:
    ordered = sorted(runs, key=number)
    numbers, values = [number(run) for run in ordered], [run.numbers[name] for run in ordered]
    best = list(itertools.accumulate(values, min if direction == "minimize" else max))
    axes.plot(numbers, values, "o", color=look.BLUE, markersize=4, alpha=0.7, label="a trial")
    axes.plot(numbers, best, color=look.ORANGE, drawstyle="steps-post", label="the best so far")
    axes.set_xlabel("trial", fontsize=look.TEXT)
    axes.set_ylabel(f"{name}, {WORD[direction]}", fontsize=look.TEXT)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def front(axes: Axes, runs: Sequence[Record], objectives: Sequence[tuple[str, str]]) -> None:
    signs = [1 if direction == "minimize" else -1 for _, direction in objectives]
    points = [tuple(run.numbers[name] for name, _ in objectives) for run in runs]

    def is_beaten(point: tuple[float, ...]) -> bool:
        costs = [s * v for s, v in zip(signs, point, strict=True)]
        others = ([s * v for s, v in zip(signs, other, strict=True)] for other in points if other != point)
        return any(all(a <= b for a, b in zip(other, costs, strict=True)) for other in others)

    best = sorted(point for point in points if not is_beaten(point))
    axes.plot(*zip(*points, strict=True), "o", color=look.BLUE, markersize=4, alpha=0.7, label="a trial")
    axes.plot(
        *zip(*best, strict=True), "o-", color=look.ORANGE, markersize=5, label="no other is better in both"
    )
    for set_label, (name, direction) in zip((axes.set_xlabel, axes.set_ylabel), objectives, strict=True):
        set_label(f"{name}, {WORD[direction]}", fontsize=look.TEXT)
