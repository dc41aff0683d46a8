"""The best row of a report: by which validation metric, which one it is, or why none is named."""

from collections.abc import Sequence
from dataclasses import dataclass

from aelab.comparison import better, numbers, union
from aelab.errors import UserError, suggest
from aelab.records import Record
from aelab.report.composed import Composed
from aelab.score import Score, scores

DIRECTIONS = {"min": -1, "max": 1}
Rows = Sequence[Sequence[Record]]


@dataclass(frozen=True)
class Best:
    """The row whose mean over seeds is best.

    row: its place among the rows; None where none is named.
    why: then why not; empty where there is nothing to choose from.
    """

    metric: str = ""
    direction: int = 0
    row: int | None = None
    score: Score | None = None
    why: str = ""


def best(rows: Rows, asked: str, configs: Sequence[Composed]) -> Best:
    """By the metric that was asked for, else by the one that these runs can be compared by.

    configs: of all finished runs.
    """
    known = union(run.numbers for row in rows for run in row)
    metric, direction = named(asked, known) if asked else ("", 0)
    some = [row for row in rows if any(run.numbers for run in row)]
    if len(some) < 2:  # nothing to choose from
        return Best()
    if not metric:
        metric, why = usual(some, configs)
        direction = better(metric)
        if why:
            return Best(why=f"No best row is named: {why}.")
    column = scores([numbers(row, metric) for row in rows], direction)
    places = [i for i, score in enumerate(column) if score.is_best]
    if not places:
        return Best(metric, direction, why=f"No best row is named: all are alike in {metric}.")
    place = max(places, key=lambda i: direction * column[i].mean)  # of those that look alike
    return Best(metric, direction, place, column[place])


def named(asked: str, known: Sequence[str]) -> tuple[str, int]:
    """The metric and direction of `--best val/mse`, `mse` or `val/own:max`."""
    word, _, way = asked.partition(":")
    metric = word if "/" in word else f"val/{word}"
    there = [name for name in known if name.startswith("val/")]
    if way and way not in DIRECTIONS:
        raise UserError(f"report: --best {asked}: takes NAME, NAME:min or NAME:max")
    if not metric.startswith("val/"):
        raise UserError(f"report: --best takes a validation metric, val/...; nobody chooses by '{metric}'")
    if known and metric not in known:
        near = suggest(word, [*there, *(name[4:] for name in there)])
        hint = near or (f"; there are {', '.join(there)}" if there else "; no run has a validation metric")
        raise UserError(f"report: --best: no run has '{metric}'{hint}")
    direction = DIRECTIONS.get(way) or better(metric)
    if not direction:
        raise UserError(f"report: --best {word}: lower or higher? {word}:min or {word}:max says")
    return metric, direction


def usual(rows: Rows, configs: Sequence[Composed]) -> tuple[str, str]:
    """The metric that says which is best, or why none does."""
    there = union(run.numbers for row in rows for run in row if run.numbers)
    own = [name for name in there if name.startswith("val/") and all(numbers(row, name) for row in rows)]
    if not own:
        return "", "the rows have no validation metric in common"
    objectives = sorted({config.objective for config in configs} - {""})
    why = ""
    if others := differing(configs):
        why = f"the data differ ({', '.join(others)}), so scores do not compare"
    elif len(objectives) > 1:
        why = f"the runs have several objectives, {', '.join(objectives)}"
    elif objectives and not objectives[0].startswith("val/"):
        why = f"the runs' objective, {objectives[0]}, is no validation metric"
    elif objectives and objectives[0] not in own:
        why = f"not every row has the runs' objective, {objectives[0]}"
    if not why:
        is_one = len({config.loss for config in configs}) == 1
        candidates = objectives or ["val/loss"] * is_one + [name for name in own if name != "val/loss"]
        for name in candidates:
            if name in own and better(name):
                return name, ""
        why = (
            f"which way is better is not known of {', '.join(candidates)}" if candidates else "losses differ"
        )
    return "", f"{why}; --best NAME chooses by one"


def differing(configs: Sequence[Composed]) -> list[str]:
    """The settings of the data in which runs differ."""
    names = union(config.data for config in configs)
    return [f"dataset.{name}" for name in names if len({config.data.get(name) for config in configs}) > 1]
