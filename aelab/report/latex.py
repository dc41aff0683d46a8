"""A report as a LaTeX table with the rules of the package booktabs; the rest of it as comments."""

import re

from aelab.report.report import Report
from aelab.table import is_number

SPECIAL = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # a line before them would take them for its own
    **{sign: f"${sign}$" for sign in "<>|"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
}


def latex(report: Report) -> str:
    sides = ["r" if all(map(is_number, column[1:])) else "l" for column in report.left]
    columns = [list(map(escape, column)) for column in report.left]
    for name, column in report.columns.items():
        sides.append("r")
        said = [(number(score.text()), score.is_best) for score in column]
        columns.append(
            [escape(name), *(rf"\textbf{{{text}}}" if is_best else text for text, is_best in said)]
        )
    header, *rows = (" & ".join(line) + r" \\" for line in zip(*columns, strict=True))
    said = [report.head, r"Needs \usepackage{booktabs}.", *report.notes("Bold"), report.verdict, report.again]
    lines = [
        *(f"% {line}" for line in said if line),
        rf"\begin{{tabular}}{{{''.join(sides)}}}",
        *(r"\toprule", header, r"\midrule", *rows, r"\bottomrule"),
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """The text as it is, where LaTeX would read commands."""
    return re.sub(r"[&%$#_{}\[\]*<>|\\~^±]", lambda found: SPECIAL[found[0]], text)


def number(text: str) -> str:
    """With a minus, where a hyphen would stand."""
    return escape(text).replace("-", "$-$")
