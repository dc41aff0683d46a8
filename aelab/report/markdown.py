"""A report as Markdown, for a README or a wiki."""

import re

from aelab.report.report import Report
from aelab.table import is_number

ENTITIES = {"&": "&amp;", "<": "&lt;", "~": "&#126;", "$": "&#36;"}


def markdown(report: Report) -> str:
    right = [all(map(is_number, column[1:])) for column in report.left] + [True] * len(report.columns)
    columns = [list(map(escape, column)) for column in report.left]
    for name, column in report.columns.items():
        bold = [f"**{score.text()}**" if score.is_best else score.text() for score in column]
        columns.append([escape(name), *bold])
    header, *rows = (f"| {' | '.join(line)} |" for line in zip(*columns, strict=True))
    rule = f"| {' | '.join('---:' if is_right else '---' for is_right in right)} |"
    table = "\n".join([header, rule, *rows])
    parts = [escape(report.head), table, *report.notes("Bold"), escape(report.verdict)]
    if report.again:
        parts.append(f"    {report.again}")
    return "\n\n".join(filter(None, parts)) + "\n"


def escape(text: str) -> str:
    """The text as it is, where Markdown would read marks of its own."""
    text = re.sub(r"[&<~$]", lambda found: ENTITIES[found[0]], text)
    return re.sub(r"([\\`*_|\[\]])", r"\\\1", text)
