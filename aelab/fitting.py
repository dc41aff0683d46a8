"""The stages of a run, one after another."""

import functools
from pathlib import Path
from pickle import UnpicklingError

import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Checkpoint as LightningCheckpoint

from aelab.assemble import Job
from aelab.callback.progress import Progress
from aelab.errors import UserError
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.optimizer import make_optimizer
from aelab.stage.stage import Work
from aelab.system import System


def fit(config: DictConfig, job: Job, folder: Path, resume: bool = False) -> int:
    """Run every stage of the job's recipe in a folder; the epochs that the last one trained.

    A run that goes on skips the stages before the one its last checkpoint is of. In the end the system
    has the best weights where a validation metric chose them, else the last.
    """
    last, best = folder / "checkpoints" / "last.ckpt", folder / "checkpoints" / "best.ckpt"
    history, interrupt = History(folder / "metrics.csv"), Interrupt()
    place = torch.load(last, weights_only=True)["aelab"] if resume and last.is_file() else None
    if place:
        history.rewind(place["stage"], place["position"])
    names = list(job.recipe)
    pending = names[names.index(place["stage"]) :] if place else names
    settings = OmegaConf.to_container(config.trainer, resolve=True)
    assert isinstance(settings, dict)
    settings["default_root_dir"] = settings.get("default_root_dir") or str(folder)
    callbacks = [*job.callbacks, Progress(None if settings["enable_progress_bar"] else False)]
    if not settings["enable_checkpointing"]:
        callbacks = [callback for callback in callbacks if not isinstance(callback, LightningCheckpoint)]
    with interrupt.listening():
        for name in pending:
            work = Work(
                system=job.system,
                name=name,
                seed=config.seed,
                trainer=settings,  # type: ignore[arg-type]
                make_optimizer=functools.partial(make_optimizer, config.optimizer),
                loggers=job.loggers,
                callbacks=callbacks,
                history=history,
                interrupt=interrupt,
                checkpoint=last if place and name == place["stage"] else None,
            )
            job.recipe[name].run(work)
            interrupt.check()
    history.flush()
    if best.is_file():
        load_weights(job.system, best)
    return history.rows[-1]["epoch"] if history.rows else 0


def load_weights(system: System, path: Path) -> None:
    """The system's weights from a checkpoint, in place."""
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")["state_dict"]
    except (RuntimeError, EOFError, UnpicklingError, KeyError) as error:
        raise UserError(f"run: '{path}' is no checkpoint of a run, or is cut short") from error
    system.load_state_dict({name.removeprefix("system."): value for name, value in state.items()})
