"""`aelab report DIR ...`: one table over runs and sweeps, and one CSV that holds everything."""

from argparse import ArgumentParser
from collections import Counter
from itertools import chain
from math import inf, isfinite
from pathlib import Path
from shutil import get_terminal_size
from statistics import mean

from aelab.comparison import better, chosen, final, grouped, numbers, union, values
from aelab.errors import UserError
from aelab.records import FACTS, Record, each, find, natural, read
from aelab.score import aligned
from aelab.score import scores as scored
from aelab.table import as_csv, fitting, table, wrap, write

MOST = 20  # unfinished runs that are told one by one


def main(argv: list[str]) -> int:
    parser = ArgumentParser(
        "aelab report",
        usage="%(prog)s DIR ... [--metric NAME ...] [--sort NAME] [--csv FILE]",
        description="One table over runs and sweeps: mean ± standard deviation over seeds.",
    )
    parser.add_argument("dirs", nargs="+", metavar="DIR", help="a run, a sweep or a folder of them")
    parser.add_argument(
        "--metric", nargs="+", default=[], metavar="NAME", help="columns: mse, 'val/*', seconds"
    )
    parser.add_argument(
        "--sort", default="", metavar="NAME", help="order by a metric (best first) or a setting"
    )
    parser.add_argument("--csv", metavar="FILE", help="instead of report.csv in the first DIR; - is stdout")
    asked = parser.parse_args(argv)
    folders = {folder.resolve(): folder for folder in chain(*each(find, map(Path, asked.dirs)))}
    runs = each(read, folders.values())
    if asked.csv == "-":
        write(everything(runs))
        return 0
    write(summary(runs, asked.metric, asked.sort, get_terminal_size((10**6, 0)).columns))
    file = Path(asked.csv or Path(asked.dirs[0], "report.csv"))
    try:
        file.write_text(everything(runs), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"report: cannot write '{file}' ({error.strerror}); choose with --csv FILE"
        ) from error
    write(f"\nEvery run, setting and metric: {file}\n")
    return 0


def everything(runs: list[Record]) -> str:
    """The CSV: a row a run."""
    settings, metrics = union(run.settings for run in runs), union(run.numbers for run in runs)
    columns = [name for name in metrics if name not in FACTS] + [*FACTS]
    return as_csv(
        ["folder", "status", "why", "seed", *settings, *columns, "device"],
        (
            [str(run.folder), run.status, run.why, run.seed]
            + [run.settings.get(name) for name in settings]
            + [run.numbers.get(name) for name in columns]
            + [run.device]
            for run in runs
        ),
    )


def summary(runs: list[Record], wanted: list[str], sort: str, columns: int) -> str:
    """What there is, the table of the whole runs, and what became of the others."""
    whole = [run for run in runs if run.status == "completed"]
    others = [run for run in runs if run.status != "completed"]
    counts = ", ".join(f"{n} {status}" for status, n in Counter(run.status for run in runs).items())
    asked = values(whole)
    same = " ".join(f"{name}={value}" for name, (value, *more) in asked.items() if not more)
    head = f"{len(runs)} run{'s' * (len(runs) > 1)}: {counts}" + f"; all with {same}" * bool(same)
    parts = [wrap(head, columns)]
    if whole:
        parts.append(scores(whole, [name for name in asked if len(asked[name]) > 1], wanted, sort, columns))
    if others:
        lines = ["Without results; `aelab resume run=FOLDER` goes on with one that stopped:"]
        for run in others[:MOST]:
            lines.append(f"  {run.status:<10}  {run.folder}")
            if run.why:
                lines.append(wrap(run.why, columns, " " * 14, " " * 14))
        if len(others) > MOST:
            lines.append(f"  and {len(others) - MOST} more")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def scores(whole: list[Record], settings: list[str], wanted: list[str], sort: str, columns: int) -> str:
    """A row for all seeds of the same settings, a column a metric, as many as the terminal takes."""
    groups = list(grouped(whole, settings).values())
    known = union(run.numbers for run in whole)
    lacking = "report: no column"
    shown = chosen(wanted, known, lacking) or final(known) or [name for name in known if name not in FACTS]
    if sort:
        name = chosen([sort], [*union(run.settings for run in whole), *known], lacking)[0]
        if name in known:  # first, where it always has room
            shown = list(dict.fromkeys([name, *shown]))
        groups.sort(key=lambda group: rank(group, name))
    cells = [[name, *(group[0].settings.get(name, "") for group in groups)] for name in settings]
    cells.append(["seeds", *(str(len(group)) for group in groups)])
    cells += [
        [name, *aligned(scored([numbers(group, name) for group in groups], better(name)))] for name in shown
    ]
    fit = max(fitting(cells, columns), len(settings) + 2)
    header, *rows = zip(*cells[:fit], strict=True)
    notes = []
    if any(len(group) > 1 for group in groups):
        notes.append("Mean ± sample standard deviation over seeds.")
    if any(cell.endswith("*") for row in rows for cell in row[len(settings) :]):
        notes.append("* is the best of its column.")
    notes = [" ".join(notes)] if notes else []
    if any(len({run.seed for run in group}) < len(group) for group in groups):
        notes.append("Some rows count a seed more than once: several runs have the same settings.")
    if left := [column[0] for column in cells[fit:]]:
        notes.append(f"No room for {', '.join(left)}: --metric NAME ... chooses.")
    return "\n".join([table(header, rows), *(wrap(note, columns) for note in notes)]).rstrip("\n")


def rank(group: list[Record], name: str) -> tuple[bool, float, list[str | int]]:
    """Where a row stands: settings by number, then by name; metrics from the best, without a number last."""
    setting = group[0].settings.get(name)
    try:
        value = float(setting) if setting is not None else -(better(name) or -1) * mean(numbers(group, name))
    except ValueError:  # a word, or the mean of nothing
        value = inf
    return not isfinite(value), 0.0 if value != value else value, natural(setting or "")
