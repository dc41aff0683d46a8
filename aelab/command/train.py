"""`aelab [overrides]`: train one run, score it, draw it."""

import logging
import sys
import time
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from aelab import log
from aelab.app import application
from aelab.errors import UserError
from aelab.files import write_json
from aelab.history import read
from aelab.table import count

notice = logging.getLogger("aelab.notice")


def main(argv: list[str]) -> int:
    return application(task, "config", argv)


def task(config: DictConfig) -> None:
    """One run, in the folder that Hydra made for it."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    folder = Path(HydraConfig.get().runtime.output_dir)
    config.name = HydraConfig.get().job.name
    try:
        # as they were typed: an interpolation in them is not this list's to resolve
        typed: Any = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)
        train(config, folder, typed)
    except UserError:
        if HydraConfig.get().mode == RunMode.RUN:
            discard(folder)
        raise


def discard(folder: Path) -> None:
    """Take away what a run that never began put into its folder, and the folders that are empty then."""
    (folder / "aelab.log").unlink(missing_ok=True)
    for place in (folder, *folder.parents):
        left = [path.name for path in place.iterdir()]
        if left == ["multirun.yaml"]:  # of a sweep without a cell
            (place / left.pop()).unlink()
        if left or place == Path.cwd():
            break
        place.rmdir()


def train(config: DictConfig, folder: Path, overrides: list[str], resume: bool = False) -> dict[str, float]:
    """Train a composed config in a folder, or go on with what was begun there; the final metrics."""
    from aelab.assemble import check

    began = time.monotonic()
    if not resume and (folder / "status.json").is_file():
        here = folder_name(folder)
        raise UserError(f"hydra.run.dir: '{here}' holds a run; aelab resume run='{here}' goes on with it")
    log.start(None if config.dry_run else folder)
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
    (folder / ".hydra").mkdir(exist_ok=True)
    OmegaConf.save(config, folder / ".hydra" / "config.yaml")
    OmegaConf.save(overrides, folder / ".hydra" / "overrides.yaml")
    status: dict[str, Any] = {"status": "running", "overrides": overrides}
    write_json(folder / "status.json", status)
    notice.info("%s", folder_name(folder))
    from aelab.fitting import fit
    from aelab.results import finish

    whole = resume and (folder / "results.json").is_file()
    before = read(folder / "metrics.csv") if whole else []
    try:
        fitted = fit(config, job, folder, resume)
        if before and before == read(folder / "metrics.csv"):
            notice.info("run: has %s, nothing was left to train", count(fitted.epochs, "epoch"))
        metrics = finish(config, job, folder, overrides, fitted, began)
    except BaseException as error:
        write_json(
            folder / "status.json", {**status, "status": "failed", "why": f"{type(error).__name__}: {error}"}
        )
        raise
    write_json(folder / "status.json", {**status, "status": "completed"})
    return metrics


def folder_name(folder: Path) -> str:
    """The folder as the user would type it from here."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
