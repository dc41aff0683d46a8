"""A report as one page that needs nothing but a browser: no network, no other file, no library."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template

from aelab.report import sections
from aelab.report.curves import curves
from aelab.report.drawn import drawn
from aelab.report.pictures import pictures
from aelab.report.report import Report

PAGE = Path(__file__).parent / "page"
SCRIPTS = (
    "svg",
    "scale",
    "colour",
    "choices",
    "points",
    "heat",
    "parallel",
    "series",
    "curves",
    "table",
    "start",
)


def html(report: Report, dirs: Sequence[str]) -> str:
    """dirs: what was asked for, as it was typed."""
    runs = [run for row in report.rows for run in row]
    found = curves(runs)
    parts = (
        sections.verdict(report),
        sections.scores(report),
        sections.unfinished(report),
        sections.choices(report),
        sections.learning(found),
        sections.gallery(report, runs, *pictures(report.rows)),
        sections.every(report, runs),
    )
    return Template(source("page.html")).substitute(
        title=escape(f"Report: {', '.join(dirs)}"),
        head=escape(report.head),
        when=f"{datetime.now():%Y-%m-%d %H:%M}",
        style=source("page.css"),
        sections="\n".join(filter(None, parts)),
        data=drawn(report, runs, found),
        script="\n".join(source(f"{name}.js") for name in SCRIPTS),
    )


def source(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
