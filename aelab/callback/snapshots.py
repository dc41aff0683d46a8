"""Snapshots: what some filters of the first layer were in the course of the training."""

from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor

from aelab.callback.spread import Spread
from aelab.errors import at_least
from aelab.files import replacing
from aelab.model.net import first_weight
from aelab.training import Training

FILE = "snapshots.pt"


class Snapshots(Spread):
    """Keeps w_1, ..., w_n of the encoder's first layer at some epochs

    In `snapshots.pt`, {epoch: [n, ...]} in half precision, loadable with torch.load(weights_only=True).

    n: at most so many filters.
    count: about so many epochs, the first and the last among them.
    """

    def __init__(self, folder: Path, n: int = 16, count: int = 10) -> None:
        super().__init__(count)
        at_least(n=(n, 1))
        self.folder, self.n = folder, n
        self.kept: dict[int, Tensor] = {}

    def found(self) -> set[int]:
        self.kept = read(self.folder / FILE)
        return set(self.kept)

    def drop(self, epochs: set[int]) -> None:
        self.kept = {epoch: weight for epoch, weight in self.kept.items() if epoch not in epochs}

    def take(self, epoch: int, trainer: pl.Trainer, module: Training) -> None:
        weight = first_weight(module.system.model.encoder)
        if weight is None:
            return
        self.kept[epoch] = weight[: self.n].detach().to("cpu", torch.float16, copy=True)
        with replacing(self.folder / FILE) as partial:
            torch.save(self.kept, partial)


def read(path: Path) -> dict[int, Tensor]:
    return torch.load(path, weights_only=True) if path.is_file() else {}


def snapshots(run: Path) -> dict[int, Tensor]:
    """Those of a run's folder, epoch -> [n, ...]; {} where none were kept."""
    return {epoch: weight.float() for epoch, weight in sorted(read(run / "checkpoints" / FILE).items())}
