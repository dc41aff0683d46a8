"""Training a system by gradient steps on its objective: what `fit`, `layerwise` and `finetune` share."""

import copy
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint as LightningCheckpoint

from aelab.callback.checkpoint import Checkpoint
from aelab.callback.progress import Progress
from aelab.evaluation import part_names
from aelab.optimizer import MakeOptimizer
from aelab.plan import count, plan
from aelab.processes.cluster import with_processes
from aelab.stage.stage import Work, capped
from aelab.system import System
from aelab.training import Training
from aelab.weights import load_weights

log = logging.getLogger(__name__)

OURS = {
    "_target_", "max_epochs", "max_steps", "fast_dev_run", "overfit_batches", "num_sanity_val_steps",
    "limit_train_batches", "limit_val_batches", "limit_test_batches", "limit_predict_batches",
    "val_check_interval", "check_val_every_n_epoch", "log_every_n_steps", "logger", "callbacks",
    "gradient_clip_val", "gradient_clip_algorithm", "accumulate_grad_batches",
    "enable_progress_bar", "enable_checkpointing", "enable_model_summary",
}  # fmt: skip
"""Trainer settings that count minibatches or write: done here, a step of Lightning's is a chunk of them."""


def descend(
    work: Work,
    system: System,
    name: str,
    optimizer: MakeOptimizer,
    epochs: int | None = None,
    chooses: bool = True,
) -> None:
    """Minimise the system's objective over its parameters; see Training.

    In the end the system has the best weights where a validation metric chose them, else the last; it and
    the run's own are where it trained, for scores and later stages.

    name: of this training, in metrics.csv.
    epochs: at most so many; None leaves it to the trainer.
    optimizer: from the parameters to it.
    chooses: whether a validation metric may choose the weights; else the last ones count.
    """
    folder, is_own = work.folder(name), work.is_own(name)
    last, best = folder / "last.ckpt", folder / "best.ckpt"
    if not any(p.requires_grad for p in system.parameters()):
        log.info("stage %s: nothing to train", name)
        return
    settings = capped(epochs, work.trainer)
    splits, b = system.dataset.splits, system.dataset.batch_size
    rows = val_rows(len(splits.get("val", ())), b, settings)
    callbacks = fresh(work, system, folder, is_own, chooses, rows > 0)
    trainer = pl.Trainer(
        **{key: value for key, value in with_processes(settings).items() if key not in OURS},
        limit_val_batches=1.0 if rows else 0,
        num_sanity_val_steps=0,
        logger=work.loggers,
        callbacks=callbacks,
        enable_checkpointing=any(isinstance(c, LightningCheckpoint) for c in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    device = trainer.strategy.root_device
    place(device, work.system, system)
    pieces = plan(len(splits["train"]), b, settings, trainer.world_size)
    if last.is_file() and work.record.has(name, pieces.total):
        load_weights(system, best if best.is_file() else last)
        return
    if not pieces.total:
        log.info("stage %s: no minibatches to train on", name)
        return
    begun = last if name in work.record.lengths and last.is_file() else None
    if not begun:  # a training that is void by now may have left some
        last.unlink(missing_ok=True)
        best.unlink(missing_ok=True)
    if work.keeps:
        folder.mkdir(parents=True, exist_ok=True)
    work.record.begin(name)
    work.history.rewind(name, position_of(begun) if begun else 0)
    # the plan ends the training: Lightning counts visits and would not know when
    trainer.fit_loop.max_epochs, trainer.fit_loop.epoch_loop.max_steps = pieces.epochs, pieces.total
    module = Training(
        system,
        pieces,
        stage=name,
        seed=work.seed,
        make_optimizer=optimizer,
        history=work.history,
        interrupt=work.interrupt,
        clip=(settings.get("gradient_clip_val"), settings.get("gradient_clip_algorithm")),
        val_rows=rows,
        log_every=settings.get("log_every_n_steps"),
        shuffle=not settings.get("overfit_batches"),
        prefix="" if is_own else f"{name}/",
    )
    trainer.strategy.precision_plugin.convert_module(module)  # before a checkpoint's numbers come into it
    system.train()  # Lightning takes the modes that it finds, and warns of a classifier's latent at rest
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found .* in eval mode")
        warnings.filterwarnings("ignore", "The `srun` command")  # which a machine may have and a run not want
        trainer.fit(module, ckpt_path=begun, weights_only=True)
    place(device, work.system, system)  # Lightning takes it to the CPU in the end
    work.interrupt.check()
    if torch.finfo(system.dtype).bits < 32:
        system.float()  # half precision is for training; `aelab evaluate` scores in single, too
    if best.is_file():
        load_weights(system, best)
    if work.keeps:
        work.record.end(name, pieces.total)


def place(device: torch.device, *systems: System) -> None:
    for system in systems:
        system.to(device)
        system.dataset.to(device)


def fresh(
    work: Work, system: System, folder: Path, is_own: bool, chooses: bool, validates: bool
) -> list[pl.Callback]:
    """Copies of the run's callbacks that know nothing yet, without those that watch what is not there."""
    splits = ("train", "val") if validates else ("train",)
    known = {f"{split}/{name}" for split in splits for name in part_names(system)}
    callbacks: list[pl.Callback] = []
    for callback in copy.deepcopy(work.callbacks):
        if isinstance(callback, Checkpoint):
            callback.folder = folder
            callback.monitor = callback.monitor if chooses else None
        if isinstance(callback, LightningCheckpoint) and not work.trainer["enable_checkpointing"]:
            continue
        if is_own or isinstance(callback, Checkpoint) or getattr(callback, "monitor", None) in known:
            callbacks.append(callback)
    return [*callbacks, Progress(None if work.trainer["enable_progress_bar"] else False)]


def position_of(checkpoint: Path) -> int:
    """How many minibatches its training had done."""
    return torch.load(checkpoint, weights_only=True, map_location="cpu")["aelab"]["position"]


def val_rows(n: int, batch_size: int, settings: Mapping[str, Any]) -> int:
    """How many of n validation rows Lightning's settings leave."""
    limit = settings.get("limit_val_batches")
    if quick := int(settings.get("fast_dev_run") or 0):
        limit = quick
    if limit is None:
        return n
    return min(n, batch_size * count(limit, -(-n // batch_size))) if limit else 0
