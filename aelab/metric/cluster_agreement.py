"""How far clusters and labels agree."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from aelab.cluster.agreement import accuracy, confusion
from aelab.metric.metric import Metric


class ClusterAgreement(Metric):
    """acc = max over one-to-one matchings π of mean over samples of [π(k) = y],  k = argmax_k q_ik
    nmi = 2 I(k; y) / (H(k) + H(y))
    ari = (RI − E RI)/(1 − E RI),  RI the share of pairs that are together in both, or apart in both

    Of the rows whose label is known; nothing where none is.     [Kuhn 1955; Strehl & Ghosh 2002; Hubert &
    Arabie 1985; scikit-learn]
    """

    clean = True

    def reset(self) -> None:
        self.parts: list[tuple[Tensor, Tensor]] = []

    def update(self, assignment: Tensor, y: Tensor | None = None) -> None:  # type: ignore[override]
        if y is not None:
            self.parts.append((assignment.argmax(1).cpu(), y.cpu()))

    def compute(self) -> dict[str, float]:
        if not self.parts:
            return {}
        clusters, y = (torch.cat(part).numpy() for part in zip(*self.parts, strict=True))
        return agreement(clusters[y >= 0], y[y >= 0])


def agreement(clusters: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """[n], [n] -> the three scores; none of no rows."""
    from sklearn import metrics  # takes a second to import

    if not len(y):
        return {}
    scores: dict[str, Any] = {
        "acc": accuracy(confusion(clusters, y)),
        "nmi": metrics.normalized_mutual_info_score(y, clusters),
        "ari": metrics.adjusted_rand_score(y, clusters),
    }
    return {name: float(value) for name, value in scores.items()}
