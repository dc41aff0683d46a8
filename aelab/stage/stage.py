"""A stage: one ordinary training run inside a recipe."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback
from pytorch_lightning.loggers import Logger

from aelab.callback.checkpoint import Checkpoint, write
from aelab.corruption.corruption import Corruption
from aelab.files import replacing
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.stage.record import Record
from aelab.system import System
from aelab.weights import load_weights, weights_of


@dataclass
class Work:
    """What a stage works on and with.

    system: the run's own.
    name: the stage's.
    trainer: Lightning's own Trainer settings.
    make_model, make_terms, make_corruptions: what the run's config says, untrained, anew at every call.
    callbacks: as they were built; every training takes copies.
    checkpoints: the run's folder of them.
    record: the trainings that are finished, whose weights are only loaded again.
    is_main: whether this stage leaves the autoencoder as it will be used.
    is_shown: whether the run's curves, films and epochs are of this stage.
    """

    system: System
    name: str
    seed: int
    trainer: dict[str, Any]
    make_model: Callable[[], Autoencoder]
    make_terms: Callable[[], dict[str, Term]]
    make_corruptions: Callable[[], dict[str, Corruption]]
    loggers: list[Logger]
    callbacks: list[Callback]
    history: History
    interrupt: Interrupt
    checkpoints: Path
    record: Record
    is_main: bool = True
    is_shown: bool = True

    @property
    def keeps(self) -> bool:
        """Whether trainings leave checkpoints."""
        return self.trainer["enable_checkpointing"] and any(isinstance(c, Checkpoint) for c in self.callbacks)

    def is_own(self, training: str) -> bool:
        """Whether a training is the run's own, the one that its curves are of."""
        return self.is_shown and training == self.name

    def folder(self, training: str) -> Path:
        """Where a training's checkpoints are: those that the run ends with directly in `checkpoints`."""
        return self.checkpoints if self.is_main and training == self.name else self.checkpoints / training

    def has(self, length: int) -> bool:
        """Whether this stage, one of no gradient steps, is done: its weights are loaded then. Else it begins,
        and what was trained behind it is void."""
        last = self.folder(self.name) / "last.ckpt"
        if last.is_file() and self.record.has(self.name, length):
            load_weights(self.system, last)
            return True
        last.unlink(missing_ok=True)
        if self.keeps:
            last.parent.mkdir(parents=True, exist_ok=True)
        self.record.begin(self.name)
        return False

    def tell(self, steps: Iterable[dict[str, float]]) -> None:
        """What every step of a stage of no gradient steps came to, from 0, the start, on: as rows of
        metrics.csv and to the loggers."""
        self.history.rewind(self.name, -1)
        prefix = "" if self.is_shown else f"{self.name}/"
        for step, row in enumerate(steps):
            self.history.add(stage=self.name, epoch=step, step=step, **row)
            for logger in self.loggers:
                logger.log_metrics({f"{prefix}{name}": value for name, value in row.items()}, step=step)
        self.history.flush()

    def keep(self, file: str, steps: Any) -> None:
        """What figures need of the steps, beside the checkpoints."""
        if self.keeps and steps:
            with replacing(self.checkpoints / file) as partial:
                torch.save(steps, partial)

    def end(self, length: int) -> None:
        """It is done, in so many passes or steps."""
        if self.keeps:
            write(weights_of(self.system, self.name), self.folder(self.name) / "last.ckpt")
            self.record.end(self.name, length)


class Stage:
    """A step of a recipe.

    epochs: of its own, at most the trainer's; None takes the trainer's.
    aside: whether it leaves the run's autoencoder as it is and trains something of its own.
    steps: whether it trains by gradient steps.
    makes: entries of the Trace that it makes anew.
    """

    epochs: int | None = None
    aside: bool = False
    steps: bool = True
    makes: tuple[str, ...] = ()

    def run(self, work: Work) -> dict[str, float]:
        """Train what this stage trains, in place; metrics that only it knows, as `test/finetuned_error`."""
        raise NotImplementedError

    def objections(self, system: System) -> Iterable[str]:
        """What of this system the stage cannot work with, a line each, asked before training."""
        return ()


def capped(epochs: int | None, trainer: dict[str, Any]) -> dict[str, Any]:
    """The trainer's settings with a stage's own number of epochs, where that is smaller."""
    most = trainer.get("max_epochs")
    if epochs is None or (most is not None and 0 <= most <= epochs):
        return trainer
    return {**trainer, "max_epochs": epochs}


def check_epochs(epochs: int | None) -> int | None:
    if epochs is not None and epochs < 0:
        raise ValueError(f"epochs must not be negative, got {epochs}")
    return epochs
