"""The learning curves of runs, stage by stage, as short as a page can show them."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from aelab.history import read
from aelab.records import Record

MOST = 250  # points of a curve; of longer ones every second, third, ... epoch
DIGITS = 5

Curve = tuple[int, list[int], list[float]]  # whose it is, by its place among the runs, epochs, values
Curves = dict[str, dict[str, list[Curve]]]  # stage -> metric -> curves


def curves(runs: Sequence[Record]) -> Curves:
    """What metrics.csv has of every run, also of one that goes on."""
    found: Curves = {}
    for i, run in enumerate(runs):
        for stage, name, curve in drawn(i, read(run.folder / "metrics.csv")):
            found.setdefault(stage, {}).setdefault(name, []).append(curve)
    for own in found.values():
        for every in own.values():
            # one step for all of a metric, so that seeds keep the same epochs
            step = -(-max(len(epochs) for _, epochs, _ in every) // MOST)
            if step > 1:
                every[:] = [(i, thinned(epochs, step), thinned(values, step)) for i, epochs, values in every]
    return found


def thinned(values: list[Any], step: int) -> list[Any]:
    """The first, every so many, and the last."""
    return values[::step] + values[-1:] * ((len(values) - 1) % step > 0)


def drawn(i: int, rows: Sequence[dict[str, Any]]) -> list[tuple[str, str, Curve]]:
    """(stage, metric, curve) of one run; numbers that are not finite stay out."""
    found: dict[tuple[str, str], Curve] = {}
    for row in rows:
        stage, epoch = str(row.get("stage", "")), row.get("epoch")
        if not isinstance(epoch, int):
            continue
        for name, value in row.items():
            if name not in ("stage", "epoch", "step") and isinstance(value, int | float) and isfinite(value):
                if (stage, name) not in found:
                    found[stage, name] = i, [], []
                _, epochs, values = found[stage, name]
                epochs.append(epoch)
                values.append(float(f"{value:.{DIGITS}g}"))
    return [(stage, name, curve) for (stage, name), curve in found.items()]
