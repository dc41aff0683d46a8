"""The stages of a run, one after another."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from omegaconf import DictConfig, OmegaConf

from aelab.assemble import Job, assemble_model
from aelab.build import build
from aelab.callback.checkpoint import write
from aelab.callback.film import Film
from aelab.callback.slider import Slider
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.logger.tensorboard import TensorBoard
from aelab.processes.group import level
from aelab.processes.place import rank
from aelab.seed import derive
from aelab.stage.kept import Kept
from aelab.stage.record import Record
from aelab.stage.stage import Stage, Work
from aelab.weights import weights_of


class Fitted(NamedTuple):
    """epochs: that the run's own trainings took.
    metrics: that only stages know.
    reused: stage -> the seconds that it took when it was trained, of those that were not trained again.
    step: that the last of the run's own trainings came to.
    """

    epochs: int
    metrics: dict[str, float]
    reused: dict[str, float]
    step: int


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
    callbacks = [*job.callbacks, *sliders(job, config.name)]
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
                callbacks=callbacks,
                history=history,
                interrupt=interrupt,
                checkpoints=checkpoints,
                record=record,
                is_main=name == main,
                is_shown=name == shown,
            )
            place, began = kept.enter(name), time.monotonic()
            kept.take(place, work)
            if stage.steps or rank() == 0:
                metrics |= stage.run(work)
            level(job.system)
            interrupt.check()
            kept.keep(place, work, time.monotonic() - began)
            if name == main and work.keeps and has_weights and name not in record.lengths:
                # no training of this name wrote one
                checkpoints.mkdir(parents=True, exist_ok=True)
                write(weights_of(job.system, name), checkpoints / "last.ckpt")
    history.flush()
    # the last of each training, `pretrain.1` among them
    last = {row["stage"]: (row["epoch"], row["step"]) for row in history.rows}
    ends = [end for training, end in last.items() if training.partition(".")[0] == shown]
    return Fitted(sum(epoch for epoch, _ in ends), metrics, kept.seconds, ends[-1][1] if ends else 0)


def sliders(job: Job, name: str) -> Iterator[Slider]:
    """What draws the run's figures in the midst of the training, for a logger that shows them; none twice."""
    filmed = {of for callback in job.callbacks if isinstance(callback, Film) for of in callback.figure}
    figures = {of: figure for of, figure in job.figures.items() if of not in filmed}
    wanted = [logger for logger in job.loggers if isinstance(logger, TensorBoard) and logger.pictures]
    for logger in wanted[:1] if figures else ():
        yield Slider(figures, name, max(logger.pictures, 2), logger.share)


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
