"""Deep clustering network: codes drawn to centroids that follow them."""

from typing import Literal

import torch
from torch import Tensor

from aelab.cluster.kmeans import means, nearest
from aelab.errors import at_least
from aelab.loss.assigning import Assigning, changed
from aelab.player import Rows
from aelab.precision import single
from aelab.schedule import Number


class DCN(Assigning):
    """λ/2 ‖z_i − m_s(i)‖² of the paper, or 1/λ ‖z_i − m_s(i)‖² of its authors' code, beside ‖x − x̂‖²

    s(i) is the cluster that row i was given when it was last seen. After each minibatch its rows are given
    their nearest centroid, and these follow, `online`:

        c_k ← c_k + 1,  m_k ← m_k + (z_i − m_k)/c_k  for every row of k in turn,
        which is  m_k ← (c_k m_k + Σ z_i)/(c_k + n_k)  for its n_k rows at once

    or `offline`, after each epoch, as the means of their codes. No gradient moves a centroid; for a code's
    gradient they are constants.     [Yang et al. 2017, eq. 4, 6, 8]

    Where rows are scored, s(i) is the nearest centroid's.

    strength: λ, as its reading has it: what pulls weakly in the one pulls strongly in the other.
    count: c_k at the beginning.
    """

    memory = ("cluster", "counts")

    def __init__(
        self,
        weight: Number,
        strength: float,
        reading: Literal["paper", "code"],
        update: Literal["online", "offline"],
        count: int,
    ) -> None:
        super().__init__(weight)
        at_least(count=(count, 1))
        if strength <= 0:
            raise ValueError(f"strength must be positive, got {strength}")
        self.factor = strength / 2 if reading == "paper" else 1 / strength
        self.update, self.count = update, count
        self.interval = None if update == "online" else 0
        self.counts: Tensor | None  # c_k [K]

    @property
    def answers(self) -> bool:
        return self.update == "online"

    def forward(self, z: Tensor, centroids: Tensor, index: Tensor) -> Tensor:
        z, m = single(z).flatten(1), centroids.detach()
        cluster = nearest(z.detach(), m)[0]
        if self.training and self.cluster is not None:
            before = self.cluster[index]
            cluster = torch.where(before < 0, cluster, before)
        return self.factor * (z - m[cluster]).square().sum(1)  # [b]

    def answer(self, z: Tensor, centroids: Tensor, index: Tensor) -> Tensor:  # type: ignore[override]
        """Give these rows their clusters and move the centroids; the share of rows that have changed."""
        z, k = single(z).flatten(1), len(centroids)
        if self.cluster is None or self.counts is None:
            self.cluster = index.new_full((self.rows,), -1)
            self.counts = z.new_full((k,), float(self.count))
        cluster = nearest(z, centroids)[0]
        before = self.cluster[index]
        self.cluster[index] = cluster
        one_hot = torch.nn.functional.one_hot(cluster, k).to(z)  # [b, K]
        n = one_hot.sum(0)
        centroids.copy_((self.counts[:, None] * centroids + one_hot.T @ z) / (self.counts + n)[:, None])
        self.counts += n
        return ((before != cluster) & (before >= 0)).to(z).mean()

    def survey(self, rows: Rows, seed: int) -> dict[str, float]:
        found = rows("train", "z", "centroids")
        z, centroids = single(found["z"]).flatten(1), found["centroids"]
        with torch.no_grad():
            centroids.copy_(means(z, centroids[None])[0])
        cluster = nearest(z, centroids)[0]
        return changed(cluster, self.assign(cluster))
