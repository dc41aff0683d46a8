"""One normal distribution over whole rows: what a model of the data must beat."""

import numpy as np

from aelab.baseline.baseline import Baseline, matrix
from aelab.dataset.dataset import Dataset

PIECE = 4096  # rows that are made float at a time


class Gaussian(Baseline):
    """x ~ N(μ, S), the mean and the covariance of the N training rows

    Drawn as x = μ + (X − μ)ᵀε / √N, ε ~ N(0, I_N): the same distribution, without ever making S, which has
    features² numbers. There is no code, and nothing is rebuilt or scored.     [maximum likelihood]
    """

    scored = False
    places = False
    draws = True

    def fit(self, dataset: Dataset, dim: int) -> None:
        self.dataset, self.train = dataset, dataset.splits["train"]
        sums = [matrix(dataset, piece).sum(0, dtype=np.float64) for piece in self.train.split(PIECE)]
        self.mean = np.sum(sums, 0) / len(self.train)  # [features]

    def sample(self, n: int) -> np.ndarray:
        generator = np.random.default_rng(0)
        x = np.zeros((n, len(self.mean)))
        for piece in self.train.split(PIECE):
            rows = matrix(self.dataset, piece) - self.mean
            x += generator.standard_normal((n, len(rows))) @ rows
        return self.mean + x / np.sqrt(len(self.train))  # [n, features]
