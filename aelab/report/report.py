"""Runs beside each other: a row for all seeds of the same settings, a column a metric, whatever the form."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from statistics import fmean

from aelab.comparison import better, chosen, final, grouped, numbers, union, values
from aelab.records import FACTS, Record, natural
from aelab.report.again import again
from aelab.report.best import Best, best, differing
from aelab.report.composed import composed
from aelab.score import Score, scores


@dataclass
class Report:
    """What every form of it says.

    same: the settings that all runs share, with their value; `settings` are the others.
    rows: the runs of each row, finished or not.
    known: all that finished runs have numbers of; `shown` are the columns.
    alike: whether the data are the same for all, and the loss: what a best of a column takes.
    """

    runs: list[Record]
    same: dict[str, str]
    settings: list[str]
    rows: list[list[Record]]
    known: list[str]
    shown: list[str]
    best: Best
    alike: tuple[bool, bool]

    def asked(self, row: Sequence[Record]) -> list[str]:
        """What the settings that differ are in a row, in few digits where those tell the rows apart."""
        return [self.words[name][row[0].settings.get(name, "")] for name in self.settings]

    @cached_property
    def words(self) -> dict[str, dict[str, str]]:
        """Of each setting that differs, value -> as it is shown."""
        every = {name: [row[0].settings.get(name, "") for row in self.rows] for name in self.settings}
        return {name: short(own) for name, own in every.items()}

    @cached_property
    def left(self) -> list[list[str]]:
        """The columns before the scores, each under its name."""
        asked = [list(own) for own in zip(*map(self.asked, self.rows), strict=True)]
        seeds = ["seeds", *(str(len(finished(row))) for row in self.rows)]
        lacking = ["unfinished", *map(states, self.rows)]
        named = [[name, *own] for name, own in zip(self.settings, asked, strict=True)]
        return [*named, seeds, *[lacking] * any(lacking[1:])]

    @cached_property
    def columns(self) -> dict[str, list[Score]]:
        """Those that are shown."""
        return {name: self.scores(name) for name in self.shown}

    def scores(self, name: str) -> list[Score]:
        return scores([numbers(row, name) for row in self.rows], self.direction(name))

    def direction(self, name: str) -> int:
        """Which way is better; 0 where the rows do not compare."""
        if name == self.best.metric:
            return self.best.direction
        is_same_data, is_same_loss = self.alike
        is_comparable = is_same_data and (is_same_loss or name.partition("/")[2] != "loss")
        return better(name) if is_comparable else 0

    def notes(self, mark: str) -> list[str]:
        """What the table does not say itself; `mark` is how the best of a column looks."""
        notes = []
        if any(score.n > 1 for column in self.columns.values() for score in column):
            notes.append("Mean ± sample standard deviation over seeds.")
        if any(score.is_best for column in self.columns.values() for score in column):
            notes.append(f"{mark} is the best of its column.")
        notes = [" ".join(notes)] if notes else []
        if any(len({run.seed for run in row}) < len(row) for row in map(finished, self.rows)):
            notes.append("Some rows count a seed more than once: several runs have the same settings.")
        return notes

    @property
    def verdict(self) -> str:
        """Which row is best, or why none is named; empty where there is nothing to choose from."""
        best = self.best
        if best.row is None or best.score is None:
            return best.why
        own = zip(self.settings, self.asked(self.rows[best.row]), strict=True)
        which = " ".join(f"{name}={value}" for name, value in own if value) or "these settings unset"
        way = "higher" if best.direction > 0 else "lower"
        over = f", over {best.score.n} seeds" * (best.score.n > 1)
        return f"Best by {best.metric} ({way} is better): {which}, with {best.score.text()}{over}."

    @property
    def again(self) -> str:
        """The command line that repeats the best row; empty where none is named."""
        return "" if self.best.row is None else again(finished(self.rows[self.best.row]))

    @property
    def head(self) -> str:
        """`12 runs: 9 completed, 3 running; all with dataset=mnist`"""
        counts = ", ".join(f"{n} {status}" for status, n in Counter(run.status for run in self.runs).items())
        same = " ".join(f"{name}={value}" for name, value in self.same.items())
        what = f"{len(self.runs)} run{'s' * (len(self.runs) > 1)}: {counts}"
        return what + f"; all with {same}" * bool(same)


def report(runs: list[Record], wanted: Sequence[str] = (), sort: str = "", by: str = "") -> Report:
    """wanted: columns; sort: what orders the rows; by: the metric that says which row is best."""
    asked = values(runs)
    same = {name: value for name, (value, *more) in asked.items() if not more}
    settings = [name for name, (_, *more) in asked.items() if more]
    rows = list(grouped(runs, settings).values())
    known = union(run.numbers for run in runs)
    lacking = "report: no column"
    # before any run is finished nobody knows the columns
    shown = chosen(wanted if known else (), known, lacking)
    shown = shown or final(known) or [name for name in known if name not in FACTS]
    if sort and known:
        name = chosen([sort], [*union(run.settings for run in runs), *known], lacking)[0]
        if name in known:  # first, where it always has room
            shown = list(dict.fromkeys([name, *shown]))
        rows.sort(key=lambda row: rank(row, name))
    configs = [composed(run) for run in finished(runs)] if len(rows) > 1 else []
    alike = not differing(configs), len({config.loss for config in configs}) <= 1
    return Report(runs, same, settings, rows, known, shown, best(rows, by, configs), alike)


def short(values: Sequence[str]) -> dict[str, str]:
    """`0.03054523550675688` -> `0.03055`, if no two come to the same."""
    known = dict.fromkeys(values)
    fewer = {value: digits(value) for value in known}
    return fewer if len(set(fewer.values())) == len(known) else {value: value for value in known}


def digits(value: str) -> str:
    try:
        return min(value, f"{float(value):.4g}", key=len) if "." in value else value
    except ValueError:
        return value


def finished(runs: Sequence[Record]) -> list[Record]:
    return [run for run in runs if run.status == "completed"]


def unfinished(runs: Sequence[Record]) -> list[Record]:
    return [run for run in runs if run.status != "completed"]


def stopped(runs: Sequence[Record]) -> list[Record]:
    """Those that have begun and have no results, whether they train still or not."""
    return [run for run in runs if run.status not in ("completed", "waiting")]


def states(row: Sequence[Record]) -> str:
    """`1 running, 2 failed`: of a row's runs without results."""
    return ", ".join(f"{n} {status}" for status, n in Counter(run.status for run in unfinished(row)).items())


def rank(row: Sequence[Record], name: str) -> tuple[bool, float, list[str | int]]:
    """Where a row stands: settings by number, then by name; metrics from the best, without a number last."""
    setting = row[0].settings.get(name)
    try:
        value = float(setting) if setting is not None else -(better(name) or -1) * fmean(numbers(row, name))
    except ValueError:  # a word, or the mean of nothing
        value = inf
    return not isfinite(value), 0.0 if value != value else value, natural(setting or "")
