"""k-means on the codes: the centroids of a clustering latent."""

import logging
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from aelab.cluster.kmeans import kmeans
from aelab.errors import at_least
from aelab.evaluation import whole
from aelab.model.latent.clusters import Clusters
from aelab.seed import derive
from aelab.stage.stage import Stage, Work
from aelab.system import System

FILE = "centroids.pt"
log = logging.getLogger(__name__)


class KMeans(Stage):
    """min_{m, s} Σ_i ‖z_i − m_s(i)‖²: s(i) the nearest centroid, then m_k the mean of its codes, in turn

    z are the codes of all training rows, in evaluation mode; the encoder stays as it is. metrics.csv has
    `train/inertia` of the best start, after each step.     [Lloyd 1982; Arthur & Vassilvitskii 2007]

    starts: so many, of which the one of least inertia is kept.
    steps: at most so many of each; no epochs of the trainer's.
    tolerance: a start is over when Σ_k ‖Δm_k‖² is at most this times the mean variance of a coordinate.
    memory: GiB that distances from codes to centroids may take at once.
    """

    steps = False
    makes = ("centroids", "assignment")

    def __init__(self, starts: int, steps: int, tolerance: float, memory: float) -> None:
        at_least(starts=(starts, 1), steps=(steps, 0), tolerance=(tolerance, 0))
        if memory <= 0:
            raise ValueError(f"memory must be positive, got {memory}")
        self.starts, self.most, self.tolerance, self.memory = starts, steps, tolerance, memory

    def run(self, work: Work) -> dict[str, float]:
        if work.has(self.most):
            return {}
        latent = work.system.model.latent
        assert isinstance(latent, Clusters)
        z = whole(work.system, "train", "z")["z"]
        found = kmeans(
            z,
            len(latent.centroids),
            self.starts,
            self.most,
            self.tolerance,
            derive(work.seed, work.name),
            self.memory,
            keep=z[0].numel() == 2,  # those that a plane has room for
            check=work.interrupt.check,
        )
        with torch.no_grad():
            latent.centroids.copy_(found.centroids)
        log.info("stage %s: %d steps, inertia %.6g", work.name, found.steps, found.inertia)
        work.tell({"train/inertia": inertia} for inertia in found.curve)
        work.keep(FILE, {step: m.cpu() for step, m in enumerate(found.path)})
        work.end(self.most)
        return {}

    def objections(self, system: System) -> Iterable[str]:
        latent, n = system.model.latent, len(system.dataset.splits["train"])
        if not isinstance(latent, Clusters):
            yield "finds a latent's centroids, and this one has none; model/latent=clusters has"
        elif len(latent.centroids) > n:
            yield f"there are {n} training rows, fewer than clusters={len(latent.centroids)}"
        low, high = system.dataset.span()
        if torch.equal(low, high):
            yield "all training rows are equal, there is nothing to cluster"


def centroids(run: Path) -> dict[int, Tensor]:
    """Of a run's folder, step -> [K, 2] then; {} where none were kept."""
    path = run / "checkpoints" / FILE
    return torch.load(path, weights_only=True) if path.is_file() else {}
