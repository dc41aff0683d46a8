"""The pieces of the page in HTML: sections, tables that are sorted by their headers, places for drawings."""

from collections.abc import Iterable
from html import escape

from aelab.score import Score
from aelab.table import is_number


def section(name: str, heading: str, *content: str) -> str:
    """Nothing, where there is nothing in it."""
    inside = "\n".join(filter(None, content))
    return f'<section id="{name}">\n<h2>{heading}</h2>\n{inside}\n</section>' if inside else ""


def drawing(*selects: str, extra: str = "") -> str:
    """A place that a script draws into, under what chooses."""
    chosen = "".join(f'<label>{name} <select name="{name}"></select></label>' for name in selects)
    return (
        f'<div class="controls">{chosen}{extra}</div>\n<div class="drawing"></div>\n'
        '<ul class="legend"></ul>\n<p class="readout quiet" aria-live="polite"></p>'
    )


def table(caption: str, heads: Iterable[str], lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return (
        f'<div class="scroll"><table class="sortable" aria-label="{caption}">\n'
        f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def head(name: str, better: int = 0, is_number: bool = False) -> str:
    kind = ' class="number"' * is_number
    return f'<th scope="col"{kind} data-better="{better}"><button>{escape(name)}</button></th>'


def cell(text: str, is_number: bool = False, kind: str = "") -> str:
    kinds = " ".join(filter(None, (kind, "number" * is_number)))
    return f"<td{f' class={chr(34)}{escape(kinds)}{chr(34)}' if kinds else ''}>{escape(text)}</td>"


def scored(score: Score) -> str:
    said = f"<b>{escape(score.text())}</b>" if score.is_best else escape(score.text())
    return f'<td class="number" data-value="{score.mean if score.n else ""}">{said}</td>'


def plain(value: float | None) -> str:
    said = "" if value is None else f"{value:.4g}"
    return f'<td class="number" data-value="{"" if value is None else value}">{said}</td>'


def numeric(column: Iterable[str]) -> bool:
    return all(map(is_number, column))
