"""The stages of a run, one after another."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from omegaconf import DictConfig, OmegaConf

from aelab.assemble import Job, assemble_model
from aelab.build import build
from aelab.callback.checkpoint import write
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.seed import derive
from aelab.stage.kept import Kept
from aelab.stage.record import Record
from aelab.stage.stage import Stage, Work
from aelab.weights import weights_of


class Fitted(NamedTuple):
    """epochs: that the run's own trainings took.
    metrics: that only stages know.
    reused: stage -> the seconds that it took when it was trained, of those that were not trained again.
    """

    epochs: int
    metrics: dict[str, float]
    reused: dict[str, float]


def fit(config: DictConfig, job: Job, folder: Path, resume: bool = False) -> Fitted:
    """Run every stage of the job's recipe in a folder.

    A run that goes on loads the weights of trainings that are finished, and continues the first that is not.
    """
    checkpoints = folder / "checkpoints"
    history, interrupt = History(folder / "metrics.csv"), Interrupt()
    if resume:
        history.load()
    record = Record(checkpoints / "stages.json", resume)
    trainer: Any = OmegaConf.to_container(config.trainer, resolve=True)
    trainer["default_root_dir"] = trainer.get("default_root_dir") or str(folder)
    main, shown, metrics = own(job.recipe), curves(job.recipe), {}
    has_weights = any(True for _ in job.system.parameters())
    kept = Kept(config, job.system, job.recipe)
    with interrupt.listening():
        for name, stage in job.recipe.items():
            work = Work(
                system=job.system,
                name=name,
                seed=config.seed,
                trainer=trainer,
                make_model=model_maker(config, job, name),
                make_terms=lambda: build(config.loss),
                make_corruptions=lambda: build(config.corruption),
                loggers=job.loggers,
                callbacks=job.callbacks,
                history=history,
                interrupt=interrupt,
                checkpoints=checkpoints,
                record=record,
                is_main=name == main,
                is_shown=name == shown,
            )
            place, began = kept.enter(name), time.monotonic()
            kept.take(place, work)
            metrics |= stage.run(work)
            interrupt.check()
            kept.keep(place, work, time.monotonic() - began)
            if name == main and work.keeps and has_weights and name not in record.lengths:
                # no training of this name wrote one
                checkpoints.mkdir(parents=True, exist_ok=True)
                write(weights_of(job.system, name), checkpoints / "last.ckpt")
    history.flush()
    last = {row["stage"]: row["epoch"] for row in history.rows}  # of each training, `pretrain.1` among them
    epochs = sum(n for training, n in last.items() if training == shown or training.startswith(f"{shown}."))
    return Fitted(epochs, metrics, kept.seconds)


def own(recipe: dict[str, Stage]) -> str | None:
    """The stage that leaves the run's autoencoder as it will be used."""
    return next((name for name in reversed(recipe) if not recipe[name].aside), None)


def curves(recipe: dict[str, Stage]) -> str | None:
    """The stage that the run's curves and epochs are of: the last that trains the autoencoder in epochs."""
    return own({name: stage for name, stage in recipe.items() if stage.steps}) or own(recipe)


def model_maker(config: DictConfig, job: Job, stage: str) -> Callable[[], Any]:
    """Untrained models of the run's config, with random weights of this stage's own."""

    def make() -> Any:
        with torch.random.fork_rng():
            torch.manual_seed(derive(config.seed, stage, "model"))
            return assemble_model(config, job.system)

    return make
