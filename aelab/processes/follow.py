"""A process beside the first of a run: it does in lockstep what that one does, and leaves nothing."""

import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from aelab.garbage import unsearched
from aelab.processes import place


def main() -> None:
    """As the first process starts it, whose number is the argument: this one does not outlive it."""
    first, folder = int(sys.argv[1]), Path(sys.argv[2])
    threading.Thread(target=outlived, args=(first,), daemon=True).start()
    follow(folder)


def outlived(first: int) -> None:
    while os.getppid() == first:
        time.sleep(0.5)
    os._exit(1)


def follow(waiting: Path | None = None) -> None:
    """Meet the others, hear from the first which run it is, and train along.

    waiting: where the first looks for a sign that this one is about to.
    """
    import torch.distributed as dist
    from omegaconf import DictConfig, OmegaConf

    with unsearched():
        from aelab.assemble import assemble
        from aelab.fitting import fit
    from aelab.log import quiet_lightning
    from aelab.processes.group import from_first
    from aelab.processes.lead import READY, meet, own_folder, sharing

    quiet_lightning()
    logging.captureWarnings(True)  # the first says them, too
    with place.at(place.given()), sharing(int(os.environ.get("LOCAL_WORLD_SIZE", 1))):
        if waiting is not None:
            (waiting / READY).touch()
        meet()
        text, folder, resume = from_first(("", "", False))
        config = OmegaConf.create(text)
        assert isinstance(config, DictConfig)
        config.logger, config.trainer.enable_progress_bar = {}, False
        own = own_folder(Path(folder), dist.get_rank())
        own.mkdir(exist_ok=True)
        if resume:
            copy(Path(folder), own)
        fit(config, assemble(config, own), own, resume)
        dist.destroy_process_group()


def copy(run: Path, own: Path) -> None:
    """What a run that goes on has come to."""
    if (run / "checkpoints").is_dir():
        shutil.copytree(run / "checkpoints", own / "checkpoints", dirs_exist_ok=True)
    if (run / "metrics.csv").is_file():
        shutil.copy(run / "metrics.csv", own)


if __name__ == "__main__":
    main()
