"""Snapshots: what some filters of the first layer were in the course of the training."""

import os
from pathlib import Path
from typing import cast

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from aelab.model.net import first_weight
from aelab.training import Training

FILE = "snapshots.pt"


class Snapshots(pl.Callback):
    """Keeps w_1, ..., w_n of the encoder's first layer, at first often and then ever more rarely

    In `snapshots.pt`, {epoch: [n, ...]} in half precision, loadable with torch.load(weights_only=True). Epoch
    0 is before the first step. What an interrupted run has kept is on the disk before its checkpoint is.

    n: at most so many filters.
    count: about so many epochs, the first and the last among them.
    """

    def __init__(self, folder: Path, n: int = 16, count: int = 10) -> None:
        if n < 1:
            raise ValueError(f"n must be at least 1, got {n}")
        if count < 2:
            raise ValueError(f"count must be at least 2, the first and the last, got {count}")
        self.path, self.n, self.count = folder / FILE, n, count
        self.kept: dict[int, Tensor] = {}

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        module = cast(Training, pl_module)
        plan = module.plan
        wanted = spread(plan.epochs, self.count)
        self.epochs = {min(epoch * plan.epoch, plan.total): epoch for epoch in wanted}
        # a chunk may be many epochs; the first is cut before training starts
        module.chunks.stops |= set(self.epochs)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        position, length = module.position.value, module.plan.epoch
        # what is newer than the checkpoint will come again
        self.kept = {e: w for e, w in read(self.path).items() if position and e * length <= position}
        self.keep(trainer, module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object, **__: object
    ) -> None:
        self.keep(trainer, cast(Training, pl_module))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        # the last epoch may not be the one that was planned
        self.epochs.setdefault(module.position.value, -(-module.position.value // module.plan.epoch))
        self.keep(trainer, module)

    def keep(self, trainer: pl.Trainer, module: Training) -> None:
        """Add a snapshot, where one is wanted and not there."""
        epoch = self.epochs.get(module.position.value)
        weight = first_weight(module.system.model.encoder)
        if epoch is None or epoch in self.kept or weight is None or not trainer.is_global_zero:
            return
        self.kept[epoch] = weight[: self.n].detach().to("cpu", torch.float16, copy=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        torch.save(self.kept, partial)
        os.replace(partial, self.path)


def spread(epochs: int, count: int) -> list[int]:
    """0, 1, 2, 4, ..., the last: about so many, those that round to one counted once."""
    later = np.geomspace(1, max(epochs, 1), count - 1).round().astype(int).tolist()
    return sorted({0, *later[:-1], epochs})


def read(path: Path) -> dict[int, Tensor]:
    return torch.load(path, weights_only=True) if path.is_file() else {}


def snapshots(run: Path) -> dict[int, Tensor]:
    """Those of a run's folder, epoch -> [n, ...]; {} where none were kept."""
    return {epoch: weight.float() for epoch, weight in sorted(read(run / "checkpoints" / FILE).items())}
