"""The separated attribute predictability score."""

import warnings

import numpy as np

from aelab.errors import at_least
from aelab.metric.factors import FactorMetric, gap, parts


class SAP(FactorMetric):
    """sap = mean over factors of S_j − max_{i≠j} S_i,  j = argmax_i S_i: how well one dimension alone tells

    Of a factor with an order, S_i = Cov(z_i, v)² / (Var z_i · Var v), the R² of a line. Of a class, S_i is
    the balanced accuracy of thresholds on z_i, one fewer than classes, on rows that they were not fitted to;
    beside a perfect dimension one that knows nothing still has 1/classes.     [Kumar et al. 2018, sec. 3]

    classes: a factor of at most so many values is a class, one of more has an order.
    train, test: rows for the thresholds; fewer, in this proportion, where the split has fewer.
    """

    def __init__(self, classes: int, train: int, test: int) -> None:
        at_least(classes=(classes, 1), train=(train, 1), test=(test, 1))
        self.classes, self.train, self.test = classes, train, test

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        train, test = parts(len(z), self.train, self.test, random)
        if not len(test):
            return {}
        scores = np.zeros((z.shape[1], v.shape[1]))
        for i, j in np.ndindex(scores.shape):
            code, factor = z[:, i], v[:, j]
            if factor.max() >= self.classes:
                scores[i, j] = determination(code, factor)
            else:
                scores[i, j] = thresholds(code[train], factor[train], code[test], factor[test])
        return {"sap": gap(scores)}


def determination(a: np.ndarray, b: np.ndarray) -> float:
    """Squared correlation of two columns [n]; 0 where one is constant."""
    a, b = a - a.mean(), b - b.mean()
    scale = (a @ a) * (b @ b)
    return float((a @ b) ** 2 / scale) if scale > 1e-18 * len(a) ** 2 else 0.0


def thresholds(z: np.ndarray, v: np.ndarray, test_z: np.ndarray, test_v: np.ndarray) -> float:
    """Balanced accuracy on the test rows of as many intervals of z [n] as v [n] has classes."""
    from sklearn.metrics import recall_score  # takes a second to import
    from sklearn.tree import DecisionTreeClassifier

    leaves = max(2, len(np.unique(v)))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, class_weight="balanced", random_state=0)
    said = tree.fit(z[:, None], v).predict(test_z[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that few rows may lack
        return float(recall_score(test_v, said, labels=np.unique(test_v), average="macro"))
