"""Disentanglement, completeness and informativeness."""

import warnings
from typing import Any

import numpy as np

from aelab.errors import at_least
from aelab.metric.factors import FactorMetric, parts


class DCI(FactorMetric):
    """dci_disentanglement = Σ_i ρ_i (1 − H(R_i· / Σ_j R_ij) / log k),  ρ_i = Σ_j R_ij / Σ R
    dci_completeness = mean over factors j of 1 − H(R_·j / Σ_i R_ij) / log d
    dci_informativeness = accuracy of the forests that tell the factors, mean over them, on other rows

    R_ij is the importance of dimension i in a random forest that tells the value of factor j from the code:
    the part of all the decrease in impurity that its splits bring. A split may choose among all dimensions,
    since one that had to take a useless one would spread R.     [Eastwood & Williams 2018; scikit-learn]

    trees, depth: of a forest. Time grows with both.
    train, test: rows; fewer, in this proportion, where the split has fewer.
    """

    def __init__(self, trees: int, depth: int, train: int, test: int) -> None:
        at_least(trees=(trees, 1), depth=(depth, 1), train=(train, 1), test=(test, 1))
        self.trees, self.depth, self.train, self.test = trees, depth, train, test

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        from sklearn.ensemble import RandomForestClassifier  # takes a second to import

        train, test = parts(len(z), self.train, self.test, random)
        if not len(test):
            return {}
        std = z.std(0)
        z = (z - z.mean(0)) / np.where(std > 1e-6, std, np.inf)  # trees compare in single precision
        importance, accuracy = [], []
        settings: dict[str, Any] = {"max_depth": self.depth, "max_features": None, "random_state": 0}
        for factor in v.T:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of few rows almost each may be its own class
                forest = RandomForestClassifier(self.trees, **settings).fit(z[train], factor[train])
                accuracy.append(float(forest.score(z[test], factor[test])))
            importance.append(forest.feature_importances_)
        return {**importances(np.stack(importance, axis=1)), "dci_informativeness": float(np.mean(accuracy))}


def importances(r: np.ndarray) -> dict[str, float]:
    """Disentanglement and completeness of R [d, k]."""
    weight = r.sum(1) / max(r.sum(), 1e-30)
    return {
        "dci_disentanglement": float((weight * concentration(r)).sum()),
        "dci_completeness": float(concentration(r.T).mean()),
    }


def concentration(r: np.ndarray) -> np.ndarray:
    """1 − H of every row over the log of its length, [rows]: 1 where one entry has all; 0 for a row of 0."""
    if r.shape[1] < 2:
        return (r.sum(1) > 0).astype(float)
    total = r.sum(1, keepdims=True)
    p = np.where(total > 0, r / np.maximum(total, 1e-30), 1 / r.shape[1])
    return (1 + (p * np.log(np.where(p > 0, p, 1))).sum(1) / np.log(r.shape[1])).clip(0, 1)
