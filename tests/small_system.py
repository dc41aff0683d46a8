"""A small system that a test made up, and its errors by hand."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.metric.metric import Metric
from aelab.metric.reconstruction import Reconstruction
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System

N = 47
"""Rows of each split: one batch and a part of another where a batch has 32."""


class Memory(Dataset):
    """Vectors in [0, 1]; a training, a validation and a test split of N each."""

    def read(self) -> Rows:
        x = torch.rand(3 * N, 6, generator=torch.Generator().manual_seed(0))
        return Rows(x, torch.arange(3 * N) % 5, test=2 * N, val=N)

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return fixed(0, 1)


class Seen(Metric):
    """The rows that were looked at, and what else it was given."""

    def reset(self) -> None:
        self.index, self.batches, self.named = [], [], []

    def update(self, index: Tensor, mask: Tensor | None = None, y: Tensor | None = None) -> None:  # type: ignore[override]
        self.index += index.tolist()
        self.batches.append(len(index))
        self.named.append((mask, y))

    def compute(self) -> dict[str, float]:
        return {"rows": float(len(self.index))}


def make(
    batch_size: int = 16,
    corruption: dict[str, Corruption] | None = None,
    terms: dict[str, Term] | None = None,
    dropout: float = 0.0,
    metrics: dict[str, Metric] | None = None,
    **settings: Any,
) -> System:
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Dropout(dropout), nn.Linear(5, 3)
    )
    model = Autoencoder(encoder, Deterministic(3), Normal(3), nn.Linear(3, 6))
    dataset = Memory(batch_size=batch_size, **settings).setup()
    objective = Objective(terms or {"mse": MSE()})
    return System(
        dataset,
        Corruptions(corruption or {}),
        model,
        objective,
        metrics or {"reconstruction": Reconstruction()},
    )


def by_hand(system: System, split: str) -> np.ndarray:
    """x − x̂ of the whole split at once, without corruption, in double precision."""
    system.eval()
    with torch.no_grad():
        x, _ = system.dataset.batch(system.dataset.splits[split])
        return (x - system.model.decode(system.model.encode(x)["z"])["x_hat"]).double().numpy()
