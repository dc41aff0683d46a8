"""The mutual information gap."""

import numpy as np

from aelab.errors import at_least
from aelab.metric.factors import FactorMetric, gap


class MIG(FactorMetric):
    """mig = mean over factors v of (I(z_j; v) − max_{i≠j} I(z_i; v)) / H(v),  j = argmax_i I(z_i; v)

    Of histograms: every dimension in `bins` equal parts of its range, so that a factor of more values than
    bins stays below 1. From n rows an estimate of I is too large by about (bins − 1)(values − 1)/2n nats,
    for the best dimension and the next alike.
    [Chen et al. 2018, eq. 6; 20 bins: Locatello et al. 2019]

    bins: of every dimension.
    """

    def __init__(self, bins: int) -> None:
        at_least(bins=(bins, 1))
        self.bins = bins

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        codes = np.stack([binned(column, self.bins) for column in z.T])  # [d, n]
        shares = [[information(code, factor) / entropy(factor) for factor in v.T] for code in codes]
        return {"mig": gap(np.array(shares))}


def binned(z: np.ndarray, bins: int) -> np.ndarray:
    """[n] -> the number of the bin of each, [n]."""
    low, high = z.min(), z.max()
    if not high - low > 1e-9 * max(1.0, abs(high)):  # a dead dimension, and what rounding left of it
        return np.zeros(len(z), np.int64)
    return np.minimum((bins * ((z - low) / (high - low))).astype(np.int64), bins - 1)


def information(a: np.ndarray, b: np.ndarray) -> float:
    """I(a; b) = H(a) + H(b) − H(a, b) in nats, of numbers from 0."""
    return max(0.0, entropy(a) + entropy(b) - entropy(a * (b.max() + 1) + b))


def entropy(a: np.ndarray) -> float:
    """H(a) in nats."""
    p = np.bincount(a) / len(a)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())
