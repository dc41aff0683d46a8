"""What the metrics of disentanglement share: codes beside the factors that made the data."""

import numpy as np
import torch
from torch import Tensor

from aelab.metric.metric import Metric


class FactorMetric(Metric):
    """Of the codes of all rows of a split, as in use (of a Gaussian latent their means), and their factors.

    Nothing is drawn from the data's generator: pairs and batches with a factor in common are drawn among
    these rows. A factor that takes one value only is left out; without two others there is no score.
    """

    clean, final = True, True

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        """z [n, d] float64; v [n, k] int64, every factor's values numbered from 0 without gaps."""
        raise NotImplementedError

    def reset(self) -> None:
        self.z: list[Tensor] = []
        self.v: list[Tensor] = []

    def update(self, z: Tensor, factors: Tensor) -> None:  # type: ignore[override]
        self.z.append(z.detach().flatten(1).cpu())
        self.v.append(factors.cpu())

    def compute(self) -> dict[str, float]:
        if not self.z:
            return {}
        columns = torch.cat(self.v).T.numpy()
        varied = [np.unique(column, return_inverse=True)[1] for column in columns if np.ptp(column)]
        if len(varied) < 2:
            return {}
        z = torch.cat(self.z).double().numpy()
        return self.score(z, np.stack(varied, axis=1), np.random.default_rng(0))


class Groups:
    """The rows by the value of one factor v [n]; values of a single row are left out."""

    def __init__(self, v: np.ndarray) -> None:
        counts = np.bincount(v)
        kept = counts >= 2
        self.rows = np.argsort(v, kind="stable")
        self.rows = self.rows[kept[v[self.rows]]]
        self.count = counts[kept]
        self.start = np.cumsum(self.count) - self.count

    def __bool__(self) -> bool:
        return len(self.rows) > 0

    def pairs(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n times two different rows that share a value, the value drawn first: each [n]."""
        value = random.integers(len(self.count), size=n)
        count = self.count[value]
        one = random.integers(count)
        other = (one + 1 + random.integers(count - 1)) % count
        return self.rows[self.start[value] + one], self.rows[self.start[value] + other]

    def batches(self, n: int, size: int, random: np.random.Generator) -> np.ndarray:
        """n times `size` rows that share a value, [n, size], with replacement."""
        value = random.integers(len(self.count), size=(n, 1))
        place = random.integers(self.count[value], size=(n, size))
        return self.rows[self.start[value] + place]


def standardised(z: np.ndarray, dead: float) -> np.ndarray:
    """[n, d'] of variance 1, without those dimensions whose variance is below `dead` times the largest."""
    variance = z.var(0)
    alive = variance > max(dead * variance.max(initial=0), 1e-12)
    return (z[:, alive] - z[:, alive].mean(0)) / np.sqrt(variance[alive])


def parts(n: int, train: int, test: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of so many different rows to learn from and to score; of fewer rows, in this proportion."""
    share = min(1.0, n / (train + test))
    first, second = max(1, int(share * train)), max(1, int(share * test))
    order = random.permutation(n)
    return order[:first], order[first : first + second]


def gap(scores: np.ndarray) -> float:
    """Mean over the factors of the best dimension's score less the next one's; scores [d, k]."""
    ordered = np.sort(np.concatenate([scores, np.zeros((2, scores.shape[1]))]), axis=0)
    return float((ordered[-1] - ordered[-2]).mean())
