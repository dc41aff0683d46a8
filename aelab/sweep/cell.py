"""One run of a sweep: what it is, how far it has come, and the task that a launcher starts for it."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf

from aelab.files import read_json, write_json
from aelab.grammar import quoted
from aelab.interrupt import Interrupted
from aelab.processes.follow import follow
from aelab.processes.place import rank
from aelab.sweep import limit, share, stop

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cell:
    """name: of its folder, in the sweep's.
    overrides: what makes it, as they would be typed.
    title: of the run, in pictures.
    """

    folder: Path
    overrides: tuple[str, ...]
    title: str

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_whole(self) -> bool:
        return (self.folder / "results.json").is_file()

    @property
    def status(self) -> str:
        """completed, failed, interrupted, pruned, running or waiting."""
        if self.is_whole:
            return "completed"
        return str((read_json(self.folder / "status.json") or {}).get("status", "waiting"))

    @property
    def why(self) -> str:
        """Why it failed."""
        return str((read_json(self.folder / "status.json") or {}).get("why", ""))

    @property
    def arguments(self) -> list[str]:
        """The overrides with which a launcher makes it: its own, and where it is, in so many words, so that a
        process that knows nothing of ours, and works in another folder, composes the same."""
        return [
            *self.overrides,
            quoted("hydra.sweep.dir", str(self.folder.parent.absolute())),
            quoted("hydra.sweep.subdir", self.name),
            quoted("hydra.job.name", self.title),
        ]


def run(config: DictConfig) -> None:
    """The task of a cell, in whatever process: one that is whole is left alone, one that was begun goes on.

    What stops it is written into its status; the sweep's other cells go on.
    """
    from aelab.command.train import discard, train
    from aelab.sweep.pruning import STATUS, Pruned

    hydra = HydraConfig.get()
    os.chdir(hydra.runtime.cwd)  # a worker of Ray's starts where Ray did
    folder = Path(hydra.runtime.output_dir)
    begun = (folder / "status.json").is_file()
    if (folder / "results.json").is_file():
        return
    if rank() > 0:
        follow()
        return
    if stop.is_asked(folder.parent):
        if not begun:
            discard(folder)
        return
    config.name = hydra.job.name
    typed: Any = OmegaConf.to_container(hydra.overrides.task, resolve=False)
    try:
        with (
            stop.heeding(folder.parent),
            limit.heeding(folder),
            share.shared(config, hydra.launcher, int(hydra.job.num)),
        ):
            train(config, folder, typed, resume=begun, cell=folder.name)
    except Pruned as end:
        write_json(folder / "status.json", {"status": STATUS, "overrides": typed, "why": str(end)})
    except Interrupted as asked:
        fail(folder, typed, asked)
        if stop.is_leader():
            raise
    except Exception as error:
        if not isinstance(error, CompactHydraException):
            log.exception("%s", type(error).__name__)
        fail(folder, typed, error)
        if config.fail_fast:
            stop.ask(folder.parent, f"{folder.name} failed")


def fail(folder: Path, overrides: list[str], error: BaseException) -> None:
    from aelab.command.train import ending

    write_json(folder / "status.json", {"overrides": overrides} | ending(error))
