"""`aelab draw run=DIR figure=[...]`: figures of a finished run."""

import sys
from pathlib import Path

from omegaconf import DictConfig

from aelab.app import application
from aelab.build import build
from aelab.command.finished import opened
from aelab.history import read


def main(argv: list[str]) -> int:
    return application(task, "draw", argv)


def task(config: DictConfig) -> None:
    from aelab.baseline.side import Beside
    from aelab.results import draw
    from aelab.view import view

    run = opened(config)
    figures = build(config.get("figure", {}))
    folder = Path(config.output or run.folder / "figures")
    metrics = (run.results or {}).get("metrics", {})
    baselines = build(run.config.get("baseline", {}))
    sides = {name: Beside(baseline, run.system).side() for name, baseline in baselines.items()}
    seen = view(run.system, run.config.name, read(run.folder / "metrics.csv"), metrics, sides)
    for path in draw(figures, seen, folder):
        sys.stdout.write(f"{path}\n")
