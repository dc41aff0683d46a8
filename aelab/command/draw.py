"""`aelab draw run=DIR figure=[...]`: figures of a finished run; with `sweep=DIR` of all runs of a sweep."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf, open_dict

from aelab import records
from aelab.app import application
from aelab.build import build
from aelab.command.cells import cells, titles, varying
from aelab.command.finished import check, opened
from aelab.errors import UserError
from aelab.files import read_json
from aelab.history import read

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from aelab.figure.figure import Figure, SweepFigure, View
    from aelab.run import Run

notice = logging.getLogger("aelab.notice")


def main(argv: list[str]) -> int:
    return application(task, "draw", argv)


def task(config: DictConfig) -> None:
    from aelab.results import draw

    if (config.run is None) == (config.sweep is None):
        both = "not both" if config.run is not None else "a folder must be given"
        raise UserError(f"run, sweep: {both}; run=DIR draws one run, sweep=DIR every run of a sweep")
    if config.output is not None and Path(config.output).is_file():
        raise UserError(f"output: takes a folder, got the file '{config.output}'")
    tried: list[tuple[str, Figure]] = []
    if config.sweep is not None:
        what, paths = "sweep", compare(config, Path(str(config.sweep)), tried)
    else:
        run = opened(config)
        tried += figures_for(run, config).items()
        what, paths = "run", draw(dict(tried), view_of(run), Path(config.output or run.folder / "figures"))
    drawn = set()
    for path in paths:
        sys.stdout.write(f"{path}\n")
        drawn.add(path.stem)
    lines = dict.fromkeys(
        f"figure.{name}: {figure.reason or f'nothing to show for this {what}'}"
        for name, figure in tried
        if name not in drawn
    )
    if lines and not drawn:
        raise UserError(*lines)
    for line in lines:
        notice.info(line)


def figures_for(run: "Run", config: DictConfig) -> dict[str, Any]:
    """The figures that were asked for. Raises UserError where one of them cannot be of this run."""
    from aelab.assemble import not_drawn

    figures = build(config.get("figure", {}))
    if wrong := not_drawn(figures, run.system.dataset):
        raise UserError(*wrong)
    return figures


def view_of(run: "Run") -> "View":
    """What the run's own figures saw."""
    from aelab.baseline.side import Beside
    from aelab.callback.snapshots import snapshots
    from aelab.stage.em import mixtures
    from aelab.stage.kmeans import centroids
    from aelab.view import view

    metrics = (run.results or {}).get("metrics", {})
    baselines = build(run.config.get("baseline", {}))
    sides = {name: Beside(baseline, run.system).side() for name, baseline in baselines.items()}
    history = read(run.folder / "metrics.csv")
    kept = snapshots(run.folder), mixtures(run.folder), centroids(run.folder)
    return view(run.system, run.config.name, history, metrics, sides, *kept)


def compare(config: DictConfig, sweep: Path, tried: "list[tuple[str, Figure]]") -> Iterator[Path]:
    """Every figure of all finished runs of a sweep, one sheet a figure; all that was drawn from is kept in
    `tried`."""
    from aelab.figure.figure import SweepFigure

    whole, others = cells(sweep)
    config.run = str(whole[0])
    check(config)
    figures = build(config.get("figure", {}))
    own = {name: figure for name, figure in figures.items() if isinstance(figure, SweepFigure)}
    with open_dict(config):
        config.figure = {name: node for name, node in config.get("figure", {}).items() if name not in own}
    tried += own.items()
    place = Path(config.output or sweep / "figures")
    yield from together(own, whole, place)
    if len(own) < len(figures):
        yield from beside(config, whole, place, tried)
    for folder in others:
        notice.info("%s: is not finished, left out", folder)


def together(figures: "dict[str, SweepFigure]", whole: list[Path], place: Path) -> Iterator[Path]:
    """Figures of the runs' results, which no run is opened for."""
    from aelab.figure.figure import Sweep

    if not figures:
        return
    names = {str(OmegaConf.select(OmegaConf.load(folder / ".hydra/config.yaml"), "name")) for folder in whole}
    told = read_json(whole[0].parent / "sweep.json") or {}
    sweep = Sweep(records.each(records.read, whole), names.pop() if len(names) == 1 else "", told)
    for name, figure in figures.items():
        if (canvas := figure.compare(sweep)) is not None:
            yield saved(canvas, place / f"{name}.png", 150)


def beside(
    config: DictConfig, whole: list[Path], place: Path, tried: "list[tuple[str, Figure]]"
) -> Iterator[Path]:
    """Figures of each run, side by side."""
    from aelab.figure import canvas as look
    from aelab.figure.sheet import sheet

    canvases: dict[str, dict[str, Canvas]] = {}  # figure -> title -> canvas
    of: dict[str, None] = {}  # what the runs are of: `vae on MNIST`, once each
    for folder, title in zip(whole, titles(whole), strict=True):
        config.run = str(folder)
        run = opened(config)
        figures, seen = figures_for(run, config), view_of(run)
        of[f"{seen.name} on {type(seen.dataset).__name__}"] = None
        tried += figures.items()
        for name, figure in figures.items():
            if (canvas := figure.draw(seen)) is not None:
                canvases.setdefault(name, {})[title] = canvas
    settings = dict.fromkeys(key for own in varying(whole) for key in own)
    runs = " and ".join(of) + (f", by {', '.join(settings)}" if settings else "")
    for name, drawn in canvases.items():
        whole_sheet = sheet(drawn, f"{look.what(next(iter(drawn.values())))}: {runs}")
        yield saved(whole_sheet, place / f"{name}.png", whole_sheet.dpi)


def saved(canvas: "Canvas", path: Path, dpi: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, dpi=dpi)
    return path
