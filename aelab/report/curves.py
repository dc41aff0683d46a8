"""The learning curves of runs, stage by stage, as short as a page can show them."""

import csv
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from aelab.history import number
from aelab.records import Record

MOST, LEAST, ALL = 250, 50, 100_000  # points of a curve, and of all runs' together
DIGITS = 5
PLACES = ("stage", "epoch", "step")

Curve = tuple[int, list[int], list[float]]  # whose it is, by its place among the runs, epochs, values
Curves = dict[str, dict[str, list[Curve]]]  # stage -> metric -> curves


def curves(runs: Sequence[Record]) -> Curves:
    """What metrics.csv has of every run, also of one that goes on."""
    found: Curves = {}
    most = min(MOST, max(LEAST, ALL // max(1, len(runs))))
    for i, run in enumerate(runs):
        for stage, name, epochs, values in drawn(run.folder / "metrics.csv", most):
            found.setdefault(stage, {}).setdefault(name, []).append((i, epochs, values))
    return found


def drawn(file: Path, most: int) -> Iterator[tuple[str, str, list[int], list[float]]]:
    """(stage, metric, epochs, values); only cells that are shown are made numbers, for that takes longest."""
    if not file.is_file():
        return
    with file.open(newline="") as lines:
        names, *rows = [*csv.reader(lines)] or [[]]
    if not {"stage", "epoch"} <= {*names}:
        return
    stages: dict[str, list[list[str]]] = {}
    for row in rows:
        if len(row) == len(names):  # the last may be in the making
            stages.setdefault(row[names.index("stage")], []).append(row)
    for stage, own in stages.items():
        columns = dict(zip(names, zip(*own, strict=True), strict=True))
        for name in (name for name in names if name not in PLACES):
            cells = [pair for pair in zip(columns["epoch"], columns[name], strict=True) if pair[1]]
            points = [(number(epoch), number(cell)) for epoch, cell in thinned(cells, most)]
            points = [(epoch, x) for epoch, x in points if isinstance(x, int | float) and isfinite(x)]
            if points:
                values = [float(f"{x:.{DIGITS}g}") for _, x in points]
                yield stage, name, [epoch for epoch, _ in points], values


def thinned(cells: list[Any], most: int) -> list[Any]:
    """Every 1st, 2nd, 4th, ... and the last: what is left of one run is left of a longer one too."""
    step = 1
    while len(cells) > step * most:
        step *= 2
    return cells[::step] + cells[-1:] * ((len(cells) - 1) % step > 0)
