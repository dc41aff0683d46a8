"""How many units of the code are in use at once, and how many never."""

import torch
from torch import Tensor

from aelab.metric.metric import Metric


class Sparsity(Metric):
    """mean_activation = mean of z over samples and units, ρ̂ where the code is a sigmoid's
    active_fraction = fraction of all z with |z| > threshold: αk/d where the code is k-sparse
    dead_units = number of units with |z| ≤ threshold on every sample

    [Ng 2011, Sparse autoencoder; Makhzani & Frey 2014]

    threshold: 0 counts what is not exactly zero, right for relu and k-sparse codes. A sigmoid is never zero,
        nor is a linear code under an L1 penalty: what lies below the threshold counts as off.
    """

    clean = True

    def __init__(self, threshold: float) -> None:
        if threshold < 0:
            raise ValueError(f"threshold must not be negative, got {threshold}")
        self.threshold = threshold

    def reset(self) -> None:
        self.total, self.on, self.n = 0.0, 0, 0
        self.alive: Tensor | None = None  # [d]

    def update(self, z: Tensor) -> None:  # type: ignore[override]
        z = z.flatten(1)  # [b, d]
        active = z.abs() > self.threshold
        self.total += z.double().sum().item()
        self.on += int(active.sum())
        self.n += z.numel()
        alive = active.any(0)
        self.alive = alive if self.alive is None else torch.logical_or(self.alive, alive)

    def compute(self) -> dict[str, float]:
        if self.alive is None or not self.n:
            return {}
        return {
            "mean_activation": self.total / self.n,
            "active_fraction": self.on / self.n,
            "dead_units": float((~self.alive).sum()),
        }
