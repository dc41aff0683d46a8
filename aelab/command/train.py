"""`aelab [overrides]`: train one run, score it, draw it."""

import logging
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf

from aelab import log
from aelab.app import application
from aelab.errors import UserError
from aelab.files import folder_name, write_json
from aelab.garbage import unsearched
from aelab.history import read
from aelab.interrupt import Interrupted
from aelab.lock import locked
from aelab.processes.follow import follow
from aelab.processes.place import rank
from aelab.table import count

if TYPE_CHECKING:
    from aelab.assemble import Job

PATIENCE = 60.0
"""Seconds that a run of a sweep waits for a process that trained it before, and is about to leave."""

notice = logging.getLogger("aelab.notice")


def main(argv: list[str]) -> int:
    return application(task, "config", argv)


def task(config: DictConfig) -> None:
    """One run, in the folder that Hydra made for it."""
    from hydra.core.hydra_config import HydraConfig

    folder = Path(HydraConfig.get().runtime.output_dir)
    if rank() > 0:
        discard(folder)
        follow()
        return
    config.name = HydraConfig.get().job.name
    try:
        # as they were typed: an interpolation in them is not this list's to resolve
        typed: Any = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)
        train(config, folder, typed)
    except UserError:
        discard(folder)
        raise


def discard(folder: Path) -> None:
    """Take away what a run that never began put into its folder, and the folders that are empty then."""
    if (folder / "status.json").is_file():
        return
    (folder / "aelab.log").unlink(missing_ok=True)
    for place in (folder, *folder.parents):
        if any(place.iterdir()) or place == Path.cwd():
            break
        place.rmdir()


def train(
    config: DictConfig, folder: Path, overrides: list[str], resume: bool = False, cell: str = ""
) -> dict[str, float]:
    """Train a composed config in a folder, or go on with what was begun there; the final metrics.

    cell: the run's name among those of a sweep, which tells what becomes of it.
    """
    with unsearched():
        from aelab.assemble import check

    began = time.monotonic()
    if not resume and (folder / "status.json").is_file():
        here = folder_name(folder)
        raise UserError(f"hydra.run.dir: '{here}' holds a run; aelab resume run='{here}' goes on with it")
    log.start(None if config.dry_run else folder, cell)
    for line in check(config, overrides):
        notice.info(line)
    OmegaConf.resolve(config)
    from aelab.assemble import assemble  # torch is imported only for settings that make sense

    log.quiet_lightning()
    job = assemble(config, folder)
    if config.dry_run:
        from aelab.describe import describe

        sys.stdout.write(describe(config, job))
        if not resume:
            discard(folder)
        return {}
    if not cell:
        notice.info("%s", folder_name(folder))
    if cell:
        from aelab.sweep import pruning

        job.callbacks += pruning.of(folder)
    with locked(folder, PATIENCE if cell else 0):
        metrics = complete(config, job, folder, overrides, resume, began)
    if not cell:
        from aelab.results import summary

        sys.stdout.write(summary(metrics, list(job.baselines), folder))
    return metrics


def complete(
    config: DictConfig, job: "Job", folder: Path, overrides: list[str], resume: bool, began: float
) -> dict[str, float]:
    """From the first file to the last: all stages, scores and pictures; the final metrics."""
    (folder / ".hydra").mkdir(exist_ok=True)
    OmegaConf.save(config, folder / ".hydra" / "config.yaml")
    OmegaConf.save(overrides, folder / ".hydra" / "overrides.yaml")
    status: dict[str, Any] = {"status": "running", "host": platform.node(), "overrides": overrides}
    write_json(folder / "status.json", status)
    with unsearched():
        from aelab.fitting import fit
        from aelab.processes.lead import leading
        from aelab.results import finish

    whole = resume and (folder / "results.json").is_file()
    before = read(folder / "metrics.csv") if whole else []
    try:
        with leading(config, folder, resume, *job.processes):
            fitted = fit(config, job, folder, resume)
        if before and before == read(folder / "metrics.csv"):
            notice.info("run: has %s, nothing was left to train", count(fitted.epochs, "epoch"))
        metrics = finish(config, job, folder, overrides, fitted, began)
    except BaseException as error:
        write_json(folder / "status.json", status | ending(error))
        raise
    write_json(folder / "status.json", {**status, "status": "completed"})
    return metrics


def ending(error: BaseException) -> dict[str, str]:
    """What status.json says of a run that an error ended: failed or interrupted, and why, in a line.

    An error that was not foreseen is told with its kind.
    """
    if isinstance(error, Interrupted):
        return {"status": "interrupted", "why": str(error)}
    is_foreseen = isinstance(error, CompactHydraException)
    return {"status": "failed", "why": str(error) if is_foreseen else f"{type(error).__name__}: {error}"}
