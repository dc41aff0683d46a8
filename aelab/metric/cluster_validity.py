"""How good clusters are by themselves, without labels."""

import numpy as np
import torch
from torch import Tensor

from aelab.errors import at_least
from aelab.metric.metric import Metric


class ClusterValidity(Metric):
    """inertia = Σ_i ‖z_i − m_s(i)‖²,  s(i) = argmax_k q_ik
    silhouette = mean over samples of (b − a)/max(a, b): a the mean distance to codes of its own cluster, b to
        those of the nearest other one; of at most `rows` samples, since it takes all pairs
    davies_bouldin = mean over clusters of max_{l ≠ k} (s_k + s_l)/‖m̄_k − m̄_l‖, s_k the mean distance of a
        cluster's codes to their mean m̄_k; less is better
    clusters_used = clusters with a row

    [Rousseeuw 1987; Davies & Bouldin 1979; scikit-learn]

    rows: for the silhouette, drawn once.
    """

    clean, final = True, True

    def __init__(self, rows: int) -> None:
        at_least(rows=(rows, 2))
        self.rows = rows

    def reset(self) -> None:
        self.parts: list[tuple[Tensor, Tensor]] = []
        self.inertia, self.clusters = 0.0, 0

    def update(self, z: Tensor, assignment: Tensor, centroids: Tensor) -> None:  # type: ignore[override]
        z, labels = z.flatten(1), assignment.argmax(1)
        self.inertia += (z - centroids[labels]).square().sum(dtype=torch.float64).item()
        self.clusters = assignment.shape[1]
        self.parts.append((z.cpu(), labels.cpu()))

    def compute(self) -> dict[str, float]:
        from sklearn.metrics import davies_bouldin_score, silhouette_score  # takes a second to import

        z, labels = (torch.cat(part).numpy() for part in zip(*self.parts, strict=True))
        sizes = np.bincount(labels, minlength=self.clusters)
        used = int((sizes > 0).sum())
        scores = {"inertia": self.inertia, "clusters_used": float(used)}
        if not 1 < used < len(z):
            return scores
        drawn = np.random.default_rng(0).permutation(len(z))[: self.rows]
        if 1 < len(np.unique(labels[drawn])) < len(drawn):
            scores["silhouette"] = float(silhouette_score(z[drawn], labels[drawn]))
        return {**scores, "davies_bouldin": float(davies_bouldin_score(z, labels))}
