"""The sections of the page, in HTML; what moves in them, the page's own scripts move."""

from collections.abc import Sequence
from html import escape

from aelab.comparison import better
from aelab.records import Record
from aelab.report import report as of
from aelab.report.curves import Curves
from aelab.report.drawn import labels, title
from aelab.report.markup import cell, drawing, head, numeric, plain, scored, section, table
from aelab.report.pictures import Picture
from aelab.report.progress import progress
from aelab.report.report import Report


def verdict(report: Report) -> str:
    if not report.again:
        return f'<p class="quiet">{escape(report.verdict)}</p>' if report.verdict else ""
    said = f"<p>{escape(report.verdict)}</p>\n<code>{escape(report.again)}</code>"
    return f'<section class="best" aria-label="the best row">\n{said}\n</section>'


def scores(report: Report) -> str:
    sides = [numeric(column) for _, *column in report.left]
    heads = [head(name, is_number=side) for (name, *_), side in zip(report.left, sides, strict=True)]
    heads += [head(name, report.direction(name), True) for name in report.columns]
    lines = []
    for i in range(len(report.rows)):
        cells = [cell(own[i + 1], side) for own, side in zip(report.left, sides, strict=True)]
        cells += [scored(column[i]) for column in report.columns.values()]
        chosen = ' class="chosen"' * (i == report.best.row)
        lines.append(f'<tr data-row="{i}"{chosen}>{"".join(cells)}</tr>')
    notes = [f'<p class="quiet">{escape(note)}</p>' for note in report.notes("Bold")]
    return section("scores", "Scores", table("Scores", heads, lines), *notes)


def unfinished(report: Report) -> str:
    """The runs without results, and why or how far they are."""
    named = labels(report)
    lines = []
    for label, row in zip(named, report.rows, strict=True):
        for run in of.stopped(row):
            words = (
                cell(run.status, kind=run.status),
                cell(title(label, run, 2)),
                cell(progress(run), kind="wrap"),
            )
            lines.append(f"<tr>{''.join(words)}{cell(str(run.folder), kind='wrap')}</tr>")
    heads = [head(name) for name in ("status", "run", "why, or how far", "folder")]
    note = '<p class="quiet"><code>aelab resume run=FOLDER</code> goes on with one that stopped, '
    note += "<code>aelab resume sweep=FOLDER</code> with a whole sweep.</p>"
    return (
        section("unfinished", "Without results", table("Runs without results", heads, lines), note)
        if lines
        else ""
    )


def choices(report: Report) -> str:
    if not report.settings or not report.known:
        return ""
    return section("choices", "Scores over settings", drawing("metric"))


def learning(found: Curves) -> str:
    lines = '<label>lines <select name="lines"><option value="mean">mean ± deviation over seeds</option>'
    lines += '<option value="each">every run</option></select></label>'
    log = '<label><input type="checkbox" name="log"> log scale</label>'
    return (
        section("curves", "Learning curves", drawing("metric", "colour", extra=lines + log)) if found else ""
    )


def gallery(report: Report, runs: Sequence[Record], found: dict[str, list[Picture]], note: str) -> str:
    """Every figure's pictures side by side, the first figure's shown."""
    named, places = labels(report), {id(run): i for i, row in enumerate(report.rows) for run in row}
    parts = []
    for figure, pictures in found.items():
        own = []
        for picture in pictures:
            run = runs[picture.run]
            row = places[id(run)]
            said = escape(title(named[row], run, len(report.rows[row])))
            state = f" ({run.status})" * (run.status != "completed")
            size = f'width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async"'
            image = f'<img src="{picture.uri}" alt="{escape(figure)} of {said}" {size}>'
            chosen = ' class="chosen"' * (row == report.best.row)
            button = f'<button title="larger, smaller">{image}</button>'
            own.append(
                f'<figure data-row="{row}"{chosen}>{button}<figcaption>{said}{state}</figcaption></figure>'
            )
        hidden = " hidden" * bool(parts)
        parts.append(f'<div class="gallery" data-figure="{escape(figure)}"{hidden}>{"".join(own)}</div>')
    options = "".join(f"<option>{escape(figure)}</option>" for figure in found)
    choice = f'<div class="controls"><label>figure <select name="figure">{options}</select></label></div>'
    said = f'<p class="quiet">{escape(note)}</p>' if note else ""
    return section("pictures", "Pictures", choice, *parts, said) if parts else ""


def every(report: Report, runs: Sequence[Record]) -> str:
    """A row a run, folded away."""
    heads = [head(name) for name in ("folder", "status", "seed")]
    heads += [head(name) for name in report.settings] + [
        head(name, better(name), True) for name in report.shown
    ]
    lines = []
    for run in runs:
        words = [
            str(run.folder),
            run.status,
            str(run.seed),
            *(run.settings.get(name, "") for name in report.settings),
        ]
        numbers = [run.numbers.get(name) for name in report.shown]
        cells = [cell(word) for word in words] + [plain(number) for number in numbers]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    told = f"<summary>All {len(runs)}, one by one</summary>\n{table('Every run', heads, lines)}"
    return section("runs", "Runs", f"<details>{told}\n</details>")
