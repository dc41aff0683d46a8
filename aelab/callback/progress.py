"""What the user sees while a stage trains: a bar on a terminal, a line an epoch in the log."""

import logging
import sys
import time
from typing import Any, cast

import pytorch_lightning as pl
from tqdm import tqdm

from aelab.training import Training

log = logging.getLogger("aelab.epoch")


class Progress(pl.Callback):
    """The bar counts minibatches; the lines come at every pause, so short epochs share one."""

    def __init__(self, bar: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if bar is None else bar
        self.bar: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        self.began = time.monotonic()
        if self.shown and trainer.is_global_zero:
            self.bar = tqdm(
                total=module.plan.total,
                initial=module.position.value,
                desc=module.stage,
                unit="step",
                dynamic_ncols=True,
                leave=False,
                mininterval=0.2,
            )

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        if self.bar is not None:
            module = cast(Training, pl_module)
            epoch = min(module.position.value // module.plan.epoch + 1, module.plan.epochs)
            self.bar.set_description_str(f"{module.stage}: epoch {epoch}/{module.plan.epochs}", refresh=False)
            self.bar.set_postfix_str(words(module.ledger.latest), refresh=False)
            self.bar.update(module.position.value - self.bar.n)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        for row in module.history.unsaid():
            log.info(
                "%s: epoch %d/%d, step %d, %.1f s: %s",
                module.stage,
                row["epoch"],
                module.plan.epochs,
                row["step"],
                time.monotonic() - self.began,
                words(row),
            )

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def words(row: dict[str, Any]) -> str:
    """`train/loss 12.3, val/loss 12.9`"""
    return ", ".join(
        f"{name} {value:.4g}" for name, value in row.items() if name.endswith(("/loss", "/error"))
    )
