"""`aelab report DIR ...`: runs and sweeps beside each other, on the terminal, as a page and as a CSV."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from itertools import chain
from pathlib import Path
from shutil import get_terminal_size

from aelab.errors import UserError
from aelab.files import replacing
from aelab.records import each, find, read
from aelab.report.everything import everything
from aelab.report.html import html
from aelab.report.latex import latex
from aelab.report.markdown import markdown
from aelab.report.report import report
from aelab.report.text import text
from aelab.report.waiting import waiting
from aelab.table import write

FORMATS = {
    "text": lambda found: text(found, get_terminal_size((10**6, 0)).columns),
    "markdown": markdown,
    "latex": latex,
}
DESCRIPTION = """\
Runs and sweeps in one table, finished or still going on: a row for all seeds of the same settings, mean ±
sample standard deviation, and which row is best by a validation metric, with the command that repeats it.

Beside it, in the first DIR: report.html, a page with the learning curves and the pictures of every run, which
needs no network, and report.csv, with every run, setting and metric.
"""
EXAMPLES = """\
examples:
  aelab report outputs/sweeps/2026-01-31/12-00-00-digits-mlp-3f2a
  aelab report outputs --metric mse 'val/*' seconds --sort mse
  aelab report DIR --best val/psnr
  aelab report DIR --format latex > table.tex
"""


def main(argv: list[str]) -> int:
    asked = parser().parse_args(argv)
    if asked.format not in FORMATS:
        raise UserError(f"report: --format takes {', '.join(FORMATS)}; got '{asked.format}'")
    dirs = [Path(name) for name in asked.dirs]
    folders = {folder.resolve(): folder for folder in chain(*each(find, dirs))}
    runs = each(read, folders.values())
    runs += waiting(runs, dirs)
    if asked.csv == "-":
        write(everything(runs))
        return 0
    found = report(runs, asked.metric, asked.sort, asked.best)
    table = Path(asked.csv or dirs[0] / "report.csv")
    page = Path(asked.html or dirs[0] / "report.html")
    write(FORMATS[asked.format](found))
    save(table, everything(runs), "--csv")
    save(page, html(found, asked.dirs), "--html")
    told = f"\nEvery run, setting and metric: {table}\nCurves and pictures: {page}\n"
    (write if asked.format == "text" else sys.stderr.write)(told)
    return 0


def save(file: Path, content: str, flag: str) -> None:
    """Whole or not at all: who has the page open while a sweep goes on reads it again."""
    try:
        with replacing(file) as partial:
            partial.write_text(content, encoding="utf-8")
    except OSError as error:
        hint = f"({error.strerror}); choose with {flag} FILE"
        raise UserError(f"report: cannot write '{file}' {hint}") from error


def parser() -> ArgumentParser:
    made = ArgumentParser(
        "aelab report",
        usage="%(prog)s DIR ... [--metric NAME ...] [--sort NAME] [--best NAME] [--format FORM]\n"
        "                          [--html FILE] [--csv FILE]",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("dirs", nargs="+", metavar="DIR", help="a run, a sweep or a folder of them")
    made.add_argument(
        "--metric", nargs="+", default=[], metavar="NAME", help="columns: mse, 'val/*', seconds"
    )
    made.add_argument(
        "--sort", default="", metavar="NAME", help="order by a metric (best first) or a setting"
    )
    made.add_argument(
        "--best",
        default="",
        metavar="NAME",
        help="the validation metric that says which row is best; else the runs' own objective, val/loss "
        "where all have the same loss, or the first that has a direction. NAME:min, NAME:max gives it one",
    )
    made.add_argument(
        "--format",
        default="text",
        metavar="FORM",
        help="of the table on stdout: text, markdown, or latex (for the package booktabs)",
    )
    made.add_argument("--html", metavar="FILE", help="the page, instead of report.html in the first DIR")
    made.add_argument("--csv", metavar="FILE", help="instead of report.csv in the first DIR; - is stdout")
    return made
