"""Rows that a test made up, and a run of them for baselines to stand beside."""

from typing import Any

import torch
from torch import Tensor

from aelab.baseline.baseline import Baseline, matrix
from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.loss.mse import MSE
from aelab.metric.metric import Metric
from aelab.metric.reconstruction import Reconstruction
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System


class Memory(Dataset):
    """Rows that a test made up; the last fifth tests."""

    def __init__(
        self, x: Tensor, scale: Scale | None = None, y: Tensor | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.made_up, self.own_scale, self.labels = x, scale or fixed(0, 1), y

    def read(self) -> Rows:
        return Rows(self.made_up, self.labels, test=len(self.made_up) * 4 // 5)

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return self.own_scale


def system_of(
    dataset: Dataset, dim: int, metrics: dict[str, Metric] | None = None, **corruption: Corruption
) -> System:
    """An untrained run of these rows: what stands beside it does not look at its nets."""
    width = dataset.rows.x[0].numel()
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(width, dim))
    decoder = torch.nn.Sequential(torch.nn.Linear(dim, width), torch.nn.Unflatten(1, dataset.shape))
    model = Autoencoder(encoder, Deterministic(dim), Normal(dim), decoder)
    return System(dataset, Corruptions(corruption), model, Objective({"mse": MSE()}), metrics or {})


def scores(baseline: Baseline, dataset: Dataset, split: str, dim: int) -> dict[str, float]:
    """What the run's own metric says of a baseline, nothing corrupted."""
    baseline.fit(dataset, dim)
    metric = Reconstruction()
    metric.reset()
    x = matrix(dataset, dataset.splits[split])
    x_hat = baseline.decode(baseline.encode(x))
    assert x_hat is not None
    metric.update(torch.from_numpy(x), torch.from_numpy(x_hat))
    return metric.compute()
