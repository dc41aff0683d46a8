"""What a View says about clusters: each row's own, and how many rows of which labels each has."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aelab.cluster.agreement import confusion
from aelab.cluster.assigned import assigned
from aelab.figure.figure import Figure, View

PIECE = 4096  # rows that are assigned at once


@dataclass
class Clustered:
    """The rows of a split among K clusters.

    z: [n, d].
    y: [n], −1 where a row has no label; None where no row has one.
    cluster, distance: [n] argmax_k q_ik, and ‖z_i − m_k‖.
    centroids: [K, d].
    """

    z: Tensor
    y: Tensor | None
    cluster: Tensor
    distance: Tensor
    centroids: Tensor

    @property
    def k(self) -> int:
        return len(self.centroids)

    @property
    def sizes(self) -> list[int]:
        """Rows of each cluster, [K]."""
        return torch.bincount(self.cluster, minlength=self.k).tolist()

    def table(self, classes: int) -> np.ndarray:
        """Rows of each cluster and label, [K, classes], also where there are none; of rows with a label."""
        whole = np.zeros((self.k, classes), dtype=np.int64)
        if self.y is not None:
            part = confusion(self.cluster.numpy(), self.y.numpy())
            whole[: len(part), : part.shape[1]] = part
        return whole


@torch.no_grad()
def clustered(view: View, figure: Figure) -> Clustered | None:
    """The rows that the run is scored on; None, and the figure told why, where it has no clusters."""
    clustering = view.model.clustering
    if clustering is None:
        learned = "a learned model/prior=gaussian_mixture"
        made = f"this model makes none; model/latent=clusters does, and {learned}"
        return figure.nothing(f"draws clusters, and {made}")
    m = clustering.centroids.detach().float()
    if torch.equal(m, m[:1].expand_as(m)):
        return figure.nothing("draws clusters, and no stage has found their centroids; recipe=kmeans does")
    z, y = view.codes(view.dataset.final)
    z = z.detach().flatten(1).float()
    parts = [assigned(piece, clustering) for piece in z.split(PIECE)]
    cluster, distance = (
        torch.cat([getattr(part, name) for part in parts]) for name in ("cluster", "distance")
    )
    return Clustered(z, y if y is not None and bool((y >= 0).any()) else None, cluster, distance, m)
