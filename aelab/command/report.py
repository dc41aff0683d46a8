"""`aelab report DIR ...`: one table over runs and sweeps, and one CSV that holds everything."""

import json
import os
import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import chain
from math import inf, isfinite
from pathlib import Path
from shutil import get_terminal_size
from statistics import mean
from typing import Any, TypeVar

import yaml

from aelab.errors import UserError, suggest
from aelab.table import as_csv, fitting, spread, table, wrap, write

FACTS = ("seconds", "epochs", "parameters")
# which way is better; a baseline's own numbers, such as pca_mse, have no best
HIGHER = {"psnr", "ssim", "elbo", "acc", "nmi", "ari", "silhouette", "mig", "active_units"}
LOWER = {"mse", "sse", "bce", "nll", "kl", "bpd", "loss", "error", "probe_error"}
MOST = 20  # unfinished runs that are told one by one
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class Run:
    """What a run's folder says of it."""

    folder: Path
    status: str = "unfinished"
    why: str = ""
    seed: Any = None
    device: str = ""
    settings: dict[str, str] = field(default_factory=dict)  # the overrides but the seed
    numbers: dict[str, float] = field(default_factory=dict)  # metrics and FACTS


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


def each(step: Callable[[In], Out], things: Iterable[In]) -> list[Out]:
    """Every result, or every problem at once."""
    results, problems = [], []
    for thing in things:
        try:
            results.append(step(thing))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return results


def find(root: Path) -> list[Path]:
    """The runs under a folder, 2 before 10."""
    if not root.is_dir():
        what = f"'{root}' is a file, not a folder" if root.exists() else f"no folder '{root}'"
        raise UserError(f"report: {what}")
    found = []
    for folder, below, files in os.walk(root):
        below[:] = sorted((name for name in below if not name.startswith(".")), key=natural)
        known = {"results.json", "status.json"} & {*files}
        # a sweep's own folder is no run: its cells are
        if "multirun.yaml" not in files and (known or os.path.isfile(f"{folder}/.hydra/overrides.yaml")):
            found.append(Path(folder))
            below.clear()
    if not found:
        raise UserError(f"report: no runs under '{root}'")
    return found


def natural(text: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def read(folder: Path) -> Run:
    """A run with results.json is whole; of any other there is a status at best."""
    run = Run(folder)
    said = parsed(folder / "results.json", json.loads, dict)
    if said is not None:
        run.status, run.device = said.get("status", "completed"), said.get("device", "")
        if not isinstance(said.get("metrics"), dict):
            raise UserError(f"report: '{folder / 'results.json'}' is broken (no metrics)")
        found = said["metrics"] | {name: said.get(name) for name in FACTS}
        run.numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    else:
        try:
            said = parsed(folder / "status.json", json.loads, dict) or {}
        except UserError:  # cut short by what ended the run
            said = {"why": "its status.json is broken"}
        run.status, run.why = said.get("status", run.status), " ".join(str(said.get("why", "")).split())
        if run.status == "completed":
            run.status, run.why = "unfinished", "it says completed, but has no results.json"
    overrides = said.get("overrides")
    if overrides is None:
        overrides = parsed(folder / ".hydra/overrides.yaml", yaml.safe_load, list) or []
    for key, _, value in (str(override).partition("=") for override in overrides):
        run.settings[key.lstrip("+~")] = "removed" if key.startswith("~") else value
    run.seed = said.get("seed", run.settings.get("seed"))
    run.settings.pop("seed", None)
    return run


def parsed(file: Path, parse: Callable[[str], Any], kind: type) -> Any:
    """A file's content; None if there is no such file."""
    try:
        content = parse(file.read_text(encoding="utf-8"))
        if isinstance(content, kind):
            return content
        why = f"it holds a {type(content).__name__}"
    except FileNotFoundError:
        return None
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
    raise UserError(f"report: '{file}' is broken ({why})")


def everything(runs: list[Run]) -> str:
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


def union(names: Iterable[Iterable[str]]) -> list[str]:
    """Each name once, in the order in which they came."""
    return list(dict.fromkeys(chain.from_iterable(names)))


def summary(runs: list[Run], wanted: list[str], sort: str, columns: int) -> str:
    """What there is, the table of the whole runs, and what became of the others."""
    whole = [run for run in runs if run.status == "completed"]
    others = [run for run in runs if run.status != "completed"]
    counts = ", ".join(f"{n} {status}" for status, n in Counter(run.status for run in runs).items())
    values = {k: {run.settings.get(k, "") for run in whole} for k in union(run.settings for run in whole)}
    same = " ".join(f"{name}={value}" for name, (value, *more) in values.items() if not more)
    head = f"{len(runs)} run{'s' * (len(runs) > 1)}: {counts}" + f"; all with {same}" * bool(same)
    parts = [wrap(head, columns)]
    if whole:
        parts.append(scores(whole, [name for name in values if len(values[name]) > 1], wanted, sort, columns))
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


def scores(whole: list[Run], settings: list[str], wanted: list[str], sort: str, columns: int) -> str:
    """A row for all seeds of the same settings, a column a metric, as many as the terminal takes."""
    grouped: dict[tuple[str, ...], list[Run]] = {}
    for run in whole:
        grouped.setdefault(tuple(run.settings.get(name, "") for name in settings), []).append(run)
    groups = list(grouped.values())
    known = union(run.numbers for run in whole)
    final = [name for name in known if name.startswith(("test/", "all/"))]
    shown = chosen(wanted, known) or final or [name for name in known if name not in FACTS]
    if sort:
        name = chosen([sort], [*union(run.settings for run in whole), *known])[0]
        if name in known:  # first, where it always has room
            shown = list(dict.fromkeys([name, *shown]))
        groups.sort(key=lambda group: rank(group, name))
    cells = [[name, *(group[0].settings.get(name, "") for group in groups)] for name in settings]
    cells.append(["seeds", *(str(len(group)) for group in groups)])
    cells += [[name, *spread([numbers(group, name) for group in groups], better(name))] for name in shown]
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


def chosen(words: list[str], known: list[str]) -> list[str]:
    """What the user's words name: whole, without `test/` or `all/`, or as a pattern."""
    found = {
        word: [n for n in known if n in (f"test/{word}", f"all/{word}") or fnmatchcase(n, word)]
        for word in words
    }
    near = [*known, *(name.partition("/")[2] for name in known)]
    hint = {word: suggest(word, near) or f"; there are {', '.join(known)}" for word in words}
    if unknown := [word for word in words if not found[word]]:
        raise UserError(*(f"report: no column '{word}'{hint[word]}" for word in unknown))
    return union(found.values())


def numbers(group: list[Run], name: str) -> list[float]:
    return [run.numbers[name] for run in group if name in run.numbers]


def better(name: str) -> int:
    """1 if higher is better, -1 if lower is, 0 for what has no direction, such as seconds."""
    metric = name.partition("/")[2]
    return (metric in HIGHER) - (metric in LOWER)


def rank(group: list[Run], name: str) -> tuple[bool, float, list[str | int]]:
    """Where a row stands: settings by number, then by name; metrics from the best, without a number last."""
    setting = group[0].settings.get(name)
    try:
        value = float(setting) if setting is not None else -(better(name) or -1) * mean(numbers(group, name))
    except ValueError:  # a word, or the mean of nothing
        value = inf
    return not isfinite(value), 0.0 if value != value else value, natural(setting or "")
