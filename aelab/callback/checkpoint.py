"""Checkpoints: the last state, to go on from, and the best by a validation metric, to use."""

import os
import time
from pathlib import Path
from typing import Any, Literal, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint as LightningCheckpoint

from aelab.errors import at_least
from aelab.processes.group import from_first
from aelab.training import Training


class Checkpoint(LightningCheckpoint):
    """Keeps `last.ckpt` and `best.ckpt` in a folder, both loadable with torch.load(weights_only=True).

    monitor, mode: the metric of the best; null keeps none.
    every_seconds: how often the last state is written; it is in any case when training ends or is stopped.
    """

    def __init__(
        self,
        folder: Path,
        monitor: str | None = "val/loss",
        mode: Literal["min", "max"] = "min",
        every_seconds: float = 30,
    ) -> None:
        at_least(every_seconds=(every_seconds, 0))
        self.folder, self.monitor, self.mode, self.every_seconds = folder, monitor, mode, every_seconds
        self.score: float | None = None
        self.best: dict[str, Any] | None = None  # not on the disk yet
        self.saved = time.monotonic()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        module = cast(Training, pl_module)
        # at a pause the state is whole only when validation and the other callbacks have spoken
        if not module.plan.is_pause(module.position.value):
            self.save_if_due(trainer, module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.save_if_due(trainer, cast(Training, pl_module))

    def save_if_due(self, trainer: pl.Trainer, module: Training) -> None:
        """Save now and then, and when the training is asked to stop, which it will before its next step."""
        is_due = from_first(time.monotonic() - self.saved > self.every_seconds)
        if module.interrupt.agreed or is_due:
            self.save(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        score = module.ledger.latest.get(self.monitor or "")
        if score is None or trainer.sanity_checking:
            return
        if self.score is None or (score < self.score if self.mode == "min" else score > self.score):
            self.score = score
            state = {name: value.detach().clone() for name, value in module.state_dict().items()}
            self.best = {"state_dict": state, "aelab": module.place(), "score": score}

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.save(trainer)

    def save(self, trainer: pl.Trainer) -> None:
        """The history first, then the best, then the last: what it builds on is on the disk before it."""
        module = cast(Training, trainer.lightning_module)
        self.folder.mkdir(parents=True, exist_ok=True)  # each process has its own
        module.history.flush()
        if self.best is not None:
            write(self.best, self.folder / "best.ckpt")
            self.best = None
        trainer.save_checkpoint(self.folder / "last.ckpt", weights_only=False)
        self.saved = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        return {"score": self.score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.score = state_dict["score"]


def write(state: dict[str, Any], path: Path) -> None:
    """Atomically: a reader finds the old file or the new one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)
