"""A report for a terminal: what there is, a table as wide as it, and what became of unfinished runs."""

from aelab.report.progress import progress
from aelab.report.report import Report, finished, stopped, unfinished
from aelab.score import aligned
from aelab.table import count, fitting, table, wrap

SWEEP = "`aelab resume sweep=FOLDER` goes on with a sweep that stopped."
MOST = 20  # unfinished runs that are told one by one


def text(report: Report, columns: int) -> str:
    parts = [wrap(report.head, columns)]
    if finished(report.runs):
        parts.append(body(report, columns))
    if report.verdict:
        parts.append(wrap(report.verdict, columns))
    if report.again:  # on one line, however long: it is to be copied
        parts[-1] += f"\n  {report.again}"
    if unfinished(report.runs):
        parts.append(others(report, columns))
    return "\n\n".join(parts) + "\n"


def body(report: Report, columns: int) -> str:
    """The table, as many columns as the terminal takes, and what is to say of it."""
    cells = report.left + [[name, *aligned(column)] for name, column in report.columns.items()]
    fit = max(fitting(cells, columns), len(report.left) + 1)  # a metric at least is shown
    header, *rows = zip(*cells[:fit], strict=True)
    notes = report.notes("*")
    if left := [column[0] for column in cells[fit:]]:
        notes.append(f"No room for {', '.join(left)}: --metric NAME ... chooses.")
    return "\n".join([table(header, rows), *(wrap(note, columns) for note in notes)]).rstrip("\n")


def others(report: Report, columns: int) -> str:
    """The runs without results, and why or how far they are."""
    runs = stopped(report.runs)
    lines = ["Without results; `aelab resume run=FOLDER` goes on with one that stopped:"] * bool(runs)
    for run in runs[:MOST]:
        lines.append(f"  {run.status:<10}  {run.folder}")
        if said := progress(run):
            lines.append(wrap(said, columns, " " * 14, " " * 14))
    if len(runs) > MOST:
        lines.append(f"  and {len(runs) - MOST} more")
    if waiting := len(unfinished(report.runs)) - len(runs):
        lines.append(wrap(f"{count(waiting, 'run')} not begun; {SWEEP}", columns))
    return "\n".join(lines)
