"""How far a run without results has come: its last epoch, what that scored, how long ago."""

import time
from pathlib import Path

from aelab.history import read
from aelab.records import Record

UNITS = {"days": 86400, "h": 3600, "min": 60, "s": 1}


def progress(run: Record) -> str:
    """Why it ended; else `epoch 12 of train, val/loss 6.61, 40 s ago`."""
    return run.why or reached(run.folder)


def reached(folder: Path) -> str:
    file = folder / "metrics.csv"
    rows = read(file)
    if not rows:
        return ""
    last = rows[-1]
    scores = [name for name in last if name.startswith("val/")] or [name for name in last if "/" in name]
    told = [f"epoch {last.get('epoch', '?')} of {last.get('stage', '?')}"]
    told += [f"{name} {last[name]:.4g}" for name in scores[:1] if isinstance(last[name], int | float)]
    return ", ".join([*told, ago(time.time() - file.stat().st_mtime)])


def ago(seconds: float) -> str:
    """`40 s ago`, `3 h ago`"""
    unit, of = next((unit, of) for unit, of in UNITS.items() if seconds >= of or of == 1)
    return f"{max(0, round(seconds / of))} {unit} ago"
