"""At some epochs of a training, at first often and then ever more rarely."""

from typing import cast

import numpy as np
import pytorch_lightning as pl

from aelab.training import Training


class Spread(pl.Callback):
    """Calls `take` at epochs 0, 1, 2, 4, ..., the last; epoch 0 is before the first step

    What was taken is on the disk before the checkpoint of an interrupted run is; what is newer than the
    checkpoint is dropped and will come again.

    count: about so many epochs, the first and the last among them.
    """

    def __init__(self, count: int) -> None:
        if count < 2:
            raise ValueError(f"count must be at least 2, the first and the last, got {count}")
        self.count = count
        self.taken: set[int] = set()

    def take(self, epoch: int, trainer: pl.Trainer, module: Training) -> None:
        """Keep what there is to keep of now."""
        raise NotImplementedError

    def found(self) -> set[int]:
        """The epochs that were kept before."""
        raise NotImplementedError

    def drop(self, epochs: set[int]) -> None:
        """Forget what was kept at these."""
        raise NotImplementedError

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
        found = self.found()
        self.taken = {epoch for epoch in found if position and epoch * length <= position}
        self.drop(found - self.taken)
        self.look(trainer, module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object, **__: object
    ) -> None:
        self.look(trainer, cast(Training, pl_module))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        # the last epoch may not be the one that was planned
        self.epochs.setdefault(module.position.value, -(-module.position.value // module.plan.epoch))
        self.look(trainer, module)

    def look(self, trainer: pl.Trainer, module: Training) -> None:
        """Take, where it is time and was not done."""
        epoch = self.epochs.get(module.position.value)
        if epoch is not None and epoch not in self.taken and trainer.is_global_zero:
            self.take(epoch, trainer, module)
            self.taken.add(epoch)


def spread(epochs: int, count: int) -> list[int]:
    """0, 1, 2, 4, ..., the last: about so many, those that round to one counted once."""
    later = np.geomspace(1, max(epochs, 1), count - 1).round().astype(int).tolist()
    return sorted({0, *later[:-1], epochs})
