"""The cells of sweeps that have not begun: what the sweep's file names and no folder holds."""

from collections.abc import Iterable
from pathlib import Path

from aelab.files import read_json
from aelab.records import Record, asked


def waiting(runs: Iterable[Record], dirs: Iterable[Path]) -> list[Record]:
    """Of all the sweeps that lie in the folders; of a cell that was asked for itself, nothing."""
    begun: dict[Path, set[str]] = {}
    for run in runs:
        if run.folder not in {*dirs}:
            begun.setdefault(run.folder.parent, set()).add(run.folder.name)
    found = []
    for sweep, names in begun.items():
        told = read_json(sweep / "sweep.json") or {}
        for cell in told.get("cells", []):
            if cell["name"] not in names:
                run = Record(sweep / cell["name"], "waiting", overrides=cell["overrides"])
                run.settings = asked(run.overrides)
                run.seed = run.settings.pop("seed", None)
                found.append(run)
    return found
