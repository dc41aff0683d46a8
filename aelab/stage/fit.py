"""Training by gradient steps on the run's loss."""

import logging
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from aelab.plan import count, plan
from aelab.stage.stage import Stage, Work
from aelab.training import Training

log = logging.getLogger(__name__)

OURS = {
    "_target_", "max_epochs", "max_steps", "fast_dev_run", "overfit_batches", "num_sanity_val_steps",
    "limit_train_batches", "limit_val_batches", "limit_test_batches", "limit_predict_batches",
    "val_check_interval", "check_val_every_n_epoch", "log_every_n_steps", "logger", "callbacks",
    "gradient_clip_val", "gradient_clip_algorithm", "accumulate_grad_batches",
    "enable_progress_bar", "enable_checkpointing", "enable_model_summary",
}  # fmt: skip
"""Trainer settings that count minibatches or write: done here, a step of Lightning's is a chunk of them."""


class Fit(Stage):
    """Minimises the objective over all parameters; see Training."""

    def run(self, work: Work) -> None:
        system, settings = work.system, work.trainer
        if not any(p.requires_grad for p in system.parameters()):
            log.info("stage %s: nothing to train", work.name)
            return
        splits, b = system.dataset.splits, system.dataset.batch_size
        rows = val_rows(len(splits.get("val", ())), b, settings)
        trainer = pl.Trainer(
            **{name: value for name, value in settings.items() if name not in OURS},
            limit_val_batches=1.0 if rows else 0,
            num_sanity_val_steps=0,
            logger=work.loggers,
            callbacks=work.callbacks,
            enable_checkpointing=any(isinstance(c, Checkpoint) for c in work.callbacks),
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        pieces = plan(len(splits["train"]), b, settings, trainer.world_size)
        if not pieces.total:
            log.info("stage %s: no minibatches to train on", work.name)
            return
        # the plan ends the stage: Lightning counts visits and would not know when
        trainer.fit_loop.max_epochs, trainer.fit_loop.epoch_loop.max_steps = pieces.epochs, pieces.total
        module = Training(
            system,
            pieces,
            stage=work.name,
            seed=work.seed,
            make_optimizer=work.make_optimizer,
            history=work.history,
            interrupt=work.interrupt,
            clip=(settings.get("gradient_clip_val"), settings.get("gradient_clip_algorithm")),
            val_rows=rows,
            log_every=settings.get("log_every_n_steps"),
            shuffle=not settings.get("overfit_batches"),
        )
        trainer.fit(module, ckpt_path=work.checkpoint, weights_only=True)


def val_rows(n: int, batch_size: int, settings: dict[str, Any]) -> int:
    """How many of n validation rows Lightning's settings leave."""
    limit = settings.get("limit_val_batches")
    if quick := int(settings.get("fast_dev_run") or 0):
        limit = quick
    if limit is None:
        return n
    return min(n, batch_size * count(limit, -(-n // batch_size))) if limit else 0
