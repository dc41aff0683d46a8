"""How far what the model draws is from the data, as the reference classifier sees both."""

import torch
from torch import Tensor

from aelab.metric.generated import JudgedMetric, drawn
from aelab.model.autoencoder import Decode, Prior


class Frechet(JudgedMetric):
    """frechet = ‖m_a − m_b‖² + tr( S_a + S_b − 2 (S_a S_b)^½ ),  a: rows, b: decode(z), z ~ p(z)
    frechet_reconstruction = the same with b: x̂

    m, S: mean and covariance of the last hidden layer of the data set's reference classifier. The distance
    between the normal distributions with these moments, squared. Falls with the number of rows: compare on
    the same split.     [Heusel et al. 2017, eq. 6; Dowson & Landau 1982]

    samples: draws for every row, given its c where the model has a condition.
    """

    def reset(self) -> None:
        self.rows, self.draws, self.rebuilt = Moments(), Moments(), Moments()

    def update(  # type: ignore[override]
        self, x: Tensor, x_hat: Tensor, prior: Prior, decode: Decode, c: Tensor | None = None
    ) -> None:
        judge = self.judge(x)
        self.rows.add(judge.features(x))
        self.rebuilt.add(judge.features(x_hat))
        for _ in range(self.samples):
            self.draws.add(judge.features(drawn(x, prior, decode, c)))

    def compute(self) -> dict[str, float]:
        if self.rows.n < 2:  # which have no covariance
            return {}
        return {
            "frechet": self.rows.distance(self.draws),
            "frechet_reconstruction": self.rows.distance(self.rebuilt),
        }


class Moments:
    """Mean and covariance of features that come batch by batch."""

    def __init__(self) -> None:
        self.n = 0
        self.sum = self.squares = torch.zeros(())

    def add(self, features: Tensor) -> None:
        """[b, k]"""
        h = features.cpu().double()
        self.n += len(h)
        self.sum, self.squares = self.sum + h.sum(0), self.squares + h.T @ h

    @property
    def mean(self) -> Tensor:
        return self.sum / self.n  # [k]

    @property
    def covariance(self) -> Tensor:
        return (self.squares - self.n * self.mean.outer(self.mean)) / (self.n - 1)  # [k, k]

    def distance(self, other: "Moments") -> float:
        return frechet(self.mean, self.covariance, other.mean, other.covariance)


def frechet(m_a: Tensor, s_a: Tensor, m_b: Tensor, s_b: Tensor) -> float:
    """Between N(m_a, S_a) and N(m_b, S_b), squared.

    (S_a S_b)^½ has the trace of (S_a^½ S_b S_a^½)^½, which is symmetric: no root of a matrix that may be
    singular, as of features that never move, is taken but by its eigenvalues.
    """
    values, vectors = torch.linalg.eigh(s_a)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ s_b @ root).clamp_min(0).sqrt().sum()
    distance = (m_a - m_b).square().sum() + s_a.trace() + s_b.trace() - 2 * cross
    return max(distance.item(), 0.0)  # of equal sets, less than 0 by rounding
