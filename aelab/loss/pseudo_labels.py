"""DeepCluster: the clusters of the codes as the labels that they are trained on."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.cluster.kmeans import kmeans
from aelab.errors import at_least
from aelab.loss.assigning import Assigning
from aelab.optimizer import MakeOptimizer
from aelab.player import Critic, Rows, held
from aelab.precision import single
from aelab.schedule import Number


class PseudoLabels(Assigning, Critic):
    """−log softmax(Vz + c)_s(i),  s(i) the cluster of row i at the beginning of the epoch

    Before every epoch the codes of all training rows are whitened, scaled to length 1 and clustered by
    k-means; V begins anew, V ~ N(0, 0.01²), c = 0, and with it its optimizer. In the epoch every cluster is
    drawn as often as any other.     [Caron et al. 2018]

    Rows that are scored and were not clustered have no label, and a loss of 0.

    dim: numbers of a code.
    clusters: of the k-means, many more than there are classes.
    components: of the codes' principal components that are clustered, all where there are fewer.
    steps: of k-means.
    optimizer: of V and c.
    """

    interval = 0
    moves = 1

    def __init__(
        self, weight: Number, dim: int, clusters: int, components: int, steps: int, optimizer: MakeOptimizer
    ) -> None:
        super().__init__(weight)
        at_least(clusters=(clusters, 2), components=(components, 1), steps=(steps, 1))
        self.own, self.clusters = nn.Linear(dim, clusters), clusters
        self.make_optimizer, self.components, self.steps = optimizer, components, steps

    def forward(self, z: Tensor, index: Tensor) -> Tensor:
        with held(self.own):
            return self.wrong(z, index)

    def answer(self, z: Tensor, index: Tensor) -> Tensor:  # type: ignore[override]
        return self.wrong(z, index).mean()

    def wrong(self, z: Tensor, index: Tensor) -> Tensor:
        """The cross-entropy, [b]."""
        logits = self.own(single(z).flatten(1))
        if self.cluster is None:
            return 0 * logits.sum(1)
        return F.cross_entropy(logits, self.cluster[index], reduction="none", ignore_index=-1)

    def survey(self, rows: Rows, seed: int) -> dict[str, float]:
        from sklearn.metrics import normalized_mutual_info_score  # takes a second to import

        z = normalised(single(rows("train", "z")["z"]).flatten(1), self.components)
        k = min(self.clusters, len(z))
        found = kmeans(z, k, starts=1, steps=self.steps, tolerance=0, seed=seed)
        before = self.assign(found.labels)
        sizes = found.labels.bincount(minlength=k)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            weight, bias = self.own.parameters()
            weight.copy_(0.01 * torch.randn(weight.shape, generator=generator))
            bias.zero_()
        told: dict[str, Any] = {"clusters": float((sizes > 0).sum())}
        if before is not None:
            told["nmi"] = float(normalized_mutual_info_score(before.cpu(), found.labels.cpu()))
        return told

    def chances(self) -> Tensor | None:
        if self.cluster is None:
            return None
        labels = self.cluster[self.train_rows.to(self.cluster.device)]
        return (1 / labels.bincount())[labels]


def normalised(z: Tensor, components: int) -> Tensor:
    """z [n, d] -> [n, min(d, components)]: uncorrelated, of variance 1, then each row of length 1

    Directions in which nothing varies are left out.
    """
    z = (z - z.mean(0)).double()
    variances, v = torch.linalg.eigh(z.mT @ z / len(z))  # ascending
    keep = variances > 1e-9 * variances[-1]
    variances, v = variances[keep][-components:], v[:, keep][:, -components:]
    return F.normalize((z @ v) / variances.sqrt(), dim=1).float()
