"""A stage: one ordinary training run inside a recipe."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback
from pytorch_lightning.loggers import Logger

from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.system import System


@dataclass
class Work:
    """What a stage works on and with.

    trainer: Lightning's own Trainer settings.
    make_optimizer: from `params` to the optimizer.
    checkpoint: where to go on from; None to begin.
    """

    system: System
    name: str
    seed: int
    trainer: dict[str, Any]
    make_optimizer: Callable[..., torch.optim.Optimizer]
    loggers: list[Logger]
    callbacks: list[Callback]
    history: History
    interrupt: Interrupt
    checkpoint: Path | None = None


class Stage:
    """A step of a recipe."""

    def run(self, work: Work) -> None:
        """Train what this stage trains, in place."""
        raise NotImplementedError
