"""What the tests of training share: a real, tiny run composed from the real configurations."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from composing import composing
from omegaconf import DictConfig

from aelab.assemble import Job, assemble
from aelab.fitting import fit
from aelab.interrupt import Interrupted
from aelab.training import Training

TINY = [
    "name=test",
    "dataset.limit=100",
    "dataset.batch_size=16",
    "model.widths=[12]",
    "trainer=cpu",
    "trainer.max_epochs=3",
    "logger=none",
    "figure=none",
    "baseline=none",
]
"""100 digits, 7 minibatches an epoch, the last of 4."""


def composed(*overrides: str, tiny: list[str] = TINY) -> DictConfig:
    return composing([*tiny, *overrides])


def trained(folder: Path, *overrides: str, resume: bool = False, tiny: list[str] = TINY) -> Job:
    """The job after all its stages ran in the folder."""
    config = composed(*overrides, tiny=tiny)
    job = assemble(config, folder)
    fit(config, job, folder, resume)
    return job


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)["state_dict"]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@contextmanager
def interrupted(at: int) -> Iterator[None]:
    """A training in this block is asked to stop after so many minibatches, and does."""
    make = Training.step

    def stopping(self: Training) -> Any:
        step = make(self)

        def until(*batch: Any) -> None:
            step(*batch)
            if self.position.value == at:
                self.interrupt.asked = signal.SIGTERM

        return until

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", stopping)
        with pytest.raises(Interrupted):
            yield
