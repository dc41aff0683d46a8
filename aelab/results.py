"""The end of a run: scores, pictures, results.json, and what the user reads."""

import importlib.metadata
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from aelab import evaluation
from aelab.anomalies import are_asked, write_anomalies
from aelab.assemble import Job
from aelab.baseline.side import Beside
from aelab.callback.snapshots import snapshots
from aelab.cluster.assigned import write_clusters
from aelab.figure.figure import View
from aelab.files import folder_name, read_json, write_json
from aelab.fitting import Fitted
from aelab.history import read
from aelab.stage.em import mixtures
from aelab.stage.kmeans import centroids
from aelab.system import System
from aelab.table import table
from aelab.view import view

notice = logging.getLogger("aelab.notice")

PACKAGES = ("aelab", "torch", "pytorch-lightning", "hydra-core", "numpy", "scikit-learn")


def finish(
    config: DictConfig,
    job: Job,
    folder: Path,
    overrides: list[str],
    fitted: Fitted,
    began: float,
) -> dict[str, float]:
    """Score the trained system, draw it, write results.json last; the metrics."""
    system = job.system
    device = str(system.device)
    beside = {name: Beside(baseline, system) for name, baseline in job.baselines.items()}
    metrics = score(system, beside) | fitted.metrics
    if system.model.clustering is not None:
        for line in write_clusters(system, system.model.clustering, folder / "clusters.csv"):
            notice.info(line)
    if are_asked(system):
        write_anomalies(system, folder / "anomalies.csv")
    history = read(folder / "metrics.csv")
    sides = {name: baseline.side() for name, baseline in beside.items()}
    kept = snapshots(folder), mixtures(folder), centroids(folder)
    seen = view(system, config.name, history, metrics, sides, *kept)
    pictures = list(draw(job.figures, seen, folder / "figures"))
    for name, figure in job.figures.items():
        if figure.reason and name not in {path.stem for path in pictures}:
            notice.info("figure.%s: %s", name, figure.reason)
    if "tensorboard" in config.logger:
        from aelab.hparams import settings
        from aelab.tensorboard import show

        sweep = read_json(folder.parent / "sweep.json") or {}
        apart = settings(config, overrides, sweep.get("varying", ()))
        show(apart, metrics, pictures, seen, job.loggers, fitted.step)
    for logger in job.loggers:
        logger.finalize("success")
    write_json(
        folder / "results.json",
        {
            "status": "completed",
            "metrics": metrics,
            "overrides": overrides,
            "seed": config.seed,
            "epochs": fitted.epochs,
            "seconds": round(time.monotonic() - began, 2),
            "reused": fitted.reused,
            "parameters": sum(p.numel() for p in system.parameters()),
            "device": device,
            "precision": config.trainer.precision,
            "versions": versions(),
        },
    )
    return metrics


def score(system: System, beside: dict[str, Beside]) -> dict[str, float]:
    """`test/mse`, `val/mse`, ..., and the baselines' `test/pca_mse`."""
    final = system.dataset.final
    metrics = evaluation.score(system, [split for split in ("val", final) if split in system.dataset.splits])
    for name, baseline in beside.items():
        for metric, value in baseline.scores([final]).items():
            metrics[f"{final}/{name}_{metric.partition('/')[2]}"] = value
    return metrics


def draw(figures: dict[str, Any], seen: View, folder: Path) -> Iterator[Path]:
    """Every figure that has something to show, as a PNG and in what TensorBoard loggers there are."""
    for name, figure in figures.items():
        canvas = figure.draw(seen)
        if canvas is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}.png"
            canvas.savefig(path, dpi=150)
            yield path


def versions() -> dict[str, str]:
    """Of the packages that numbers depend on."""
    return {"python": sys.version.split()[0], **{name: importlib.metadata.version(name) for name in PACKAGES}}


def summary(metrics: dict[str, float], baselines: list[str], folder: Path) -> str:
    """The table at the end, and where to look next."""
    rows = []
    names = [name.partition("/")[2] for name in metrics]
    baselines = [one for one in baselines if any(name.startswith(f"{one}_") for name in names)]
    for name, value in metrics.items():
        split, _, metric = name.partition("/")
        if any(metric.startswith(f"{baseline}_") for baseline in baselines):
            continue
        beside = [metrics.get(f"{split}/{baseline}_{metric}") for baseline in baselines]
        rows.append([name, shown(value), *("" if b is None else shown(b) for b in beside)])
    place = folder_name(folder)
    return (
        f"\n{table(['metric', 'this run', *baselines], rows)}\n"
        f"run          {place}\n"
        + (f"pictures     {place}/figures\n" if (folder / "figures").is_dir() else "")
        + (f"clusters     {place}/clusters.csv\n" if (folder / "clusters.csv").is_file() else "")
        + (f"anomalies    {place}/anomalies.csv\n" if (folder / "anomalies.csv").is_file() else "")
        + (f"TensorBoard  tensorboard --logdir {place}\n" if (folder / "tensorboard").is_dir() else "")
    )


def shown(value: float) -> str:
    return f"{value:.4g}"
