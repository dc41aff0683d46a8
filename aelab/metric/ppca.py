"""The likelihood that a linear variational autoencoder can reach."""

import math
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.metric.metric import Metric

if TYPE_CHECKING:
    from aelab.system import System

AT_ONCE = 4096
"""Rows that are in memory in double precision together."""


class PPCA(Metric):
    """ppca = mean over rows of log N(x; μ, C),  C = WWᵀ + σ²I,  in nats

    Of the training rows' mean μ and covariance with eigenvalues λ: C has their d largest, d the units of the
    code, and in every other direction σ² = the mean of the rest.     [Tipping & Bishop 1999, eq. 7-8]

    No ELBO of a linear decoder with a Gaussian likelihood of one variance is above it on the training rows,
    and the best one reaches it.     [Lucas et al. 2019]
    """

    final = True

    def objections(self, system: "System") -> Iterable[str]:
        rows = len(system.dataset.splits["train"])
        d, most = system.model.latent.dim, min(prod(system.dataset.shape), rows - 1)
        if d >= most:  # no direction is left for σ²
            yield f"needs model.latent.dim below {most}, the rank of the training rows, got {d}"

    def fit(self, x: Tensor, mean: Tensor) -> None:  # type: ignore[override]
        pieces, d = x.flatten(1).split(AT_ONCE), mean.shape[1]
        self.mean = torch.stack([piece.double().sum(0) for piece in pieces]).sum(0) / len(x)  # μ [n]
        covariance = torch.zeros(2 * self.mean.shape, dtype=torch.float64)
        for piece in pieces:
            centred = piece - self.mean
            covariance.addmm_(centred.T, centred, alpha=1 / len(x))
        values, vectors = torch.linalg.eigh(covariance)  # rising
        self.components, self.values = vectors[:, -d:], values[-d:]  # [n, d], [d]
        self.noise = values[:-d].mean()  # σ²

    def reset(self) -> None:
        self.total, self.n = 0.0, 0

    def update(self, x: Tensor, mean: Tensor) -> None:  # type: ignore[override]
        centred = x.flatten(1).cpu().double() - self.mean
        codes = (centred @ self.components).square()  # [b, d]
        rest = centred.square().sum(1) - codes.sum(1)
        n, d = self.components.shape
        logs = n * math.log(2 * math.pi) + self.values.log().sum() + (n - d) * self.noise.log()
        squares = (codes / self.values).sum(1) + rest / self.noise
        self.total -= 0.5 * (squares + logs).sum().item()
        self.n += len(x)

    def compute(self) -> dict[str, float]:
        return {"ppca": self.total / self.n}
