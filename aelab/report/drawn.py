"""What the drawings of the page are made from, as JSON: settings, scores and learning curves."""

import json
import math
from collections.abc import Sequence
from typing import Any

from aelab.grammar import endings
from aelab.records import Record
from aelab.report.curves import Curves
from aelab.report.report import Report, states
from aelab.score import Score


def labels(report: Report) -> list[str]:
    """What tells each row from the others: `dim=2, loss=[mse]`"""
    short = endings(report.settings)
    rows = [zip(report.settings, report.asked(row), strict=True) for row in report.rows]
    named = [", ".join(f"{short[name]}={value}" for name, value in own if value) for own in rows]
    return [name or "nothing else set" if report.settings else "these runs" for name in named]


def title(label: str, run: Record, n: int) -> str:
    """A run's own: its row's, and the seed where the row has several."""
    return f"{label}, seed={run.seed}" if n > 1 else label


def drawn(report: Report, runs: Sequence[Record], found: Curves) -> str:
    """runs: row by row, as the curves number them."""
    short, named = endings(report.settings), labels(report)
    places = {id(run): i for i, row in enumerate(report.rows) for run in row}
    own = [(places[id(run)], run) for run in runs]
    columns = {name: report.scores(name) for name in report.known}
    value = {
        "settings": [
            {
                "name": name,
                "short": short[name],
                "values": [report.asked(row)[i] for row in report.rows],
            }
            for i, name in enumerate(report.settings)
        ],
        "rows": [
            {"label": label, "isBest": i == report.best.row, "state": states(row)}
            for i, (label, row) in enumerate(zip(named, report.rows, strict=True))
        ],
        "scores": {
            name: column(own, report.direction(name))
            for name, own in columns.items()
            if any(math.isfinite(score.mean) for score in own)
        },
        "runs": [
            {
                "row": i,
                "isDone": run.status == "completed",
                "title": title(named[i], run, len(report.rows[i])),
            }
            for i, run in own
        ],
        "curves": found,
        "start": start(report, found),
    }
    # no word of a setting ends the script that it stands in
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def column(scores: Sequence[Score], better: int) -> dict[str, Any]:
    """JSON has no NaN: null is no number, and the deviation of a single run is 0."""
    return {
        "better": better,
        "mean": [score.mean if math.isfinite(score.mean) else None for score in scores],
        "deviation": [score.deviation if math.isfinite(score.deviation) else 0 for score in scores],
        "said": [score.said for score in scores],
        "off": [score.off for score in scores],
    }


def start(report: Report, found: Curves) -> dict[str, str]:
    """What is shown first, of the last stage: the best row's metric or a loss, if it makes a line."""
    stage = next(reversed(found), "")
    there = found.get(stage, {})
    lines = [name for name, every in there.items() if any(len(epochs) > 1 for _, epochs, _ in every)]
    wishes = [report.best.metric, "val/loss", "train/loss", *lines]
    return {
        "best": report.best.metric,
        "score": report.best.metric or next(iter(report.shown), ""),
        "stage": stage,
        "curve": next((name for name in wishes if name in lines), next(iter(there), "")),
    }
