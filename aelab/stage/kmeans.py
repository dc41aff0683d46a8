"""k-means on the codes: the centroids of a clustering latent."""

import logging
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from aelab.cluster.kmeans import kmeans
from aelab.cluster.minibatch import minibatch_kmeans
from aelab.errors import at_least
from aelab.evaluation import shuffled, whole
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
    batch_size: null keeps all codes. Else so many are made at a time, anew in every step, and forgotten, for
        codes that memory does not hold: each minibatch moves the centroids, a step is a pass over all rows,
        and the inertia is as a sample has it.     [Sculley 2010]
    """

    steps = False
    makes = ("centroids", "assignment")

    def __init__(
        self, starts: int, steps: int, tolerance: float, memory: float, batch_size: int | None = None
    ) -> None:
        at_least(starts=(starts, 1), steps=(steps, 0), tolerance=(tolerance, 0))
        if memory <= 0:
            raise ValueError(f"memory must be positive, got {memory}")
        if batch_size is not None:
            at_least(batch_size=(batch_size, 1))
        self.starts, self.most, self.tolerance, self.memory = starts, steps, tolerance, memory
        self.batch_size = batch_size

    def run(self, work: Work) -> dict[str, float]:
        if work.has(self.most):
            return {}
        latent = work.system.model.latent
        assert isinstance(latent, Clusters)
        seed, k, check = derive(work.seed, work.name), len(latent.centroids), work.interrupt.check
        asked = self.starts, self.most, self.tolerance, seed, self.memory
        if self.batch_size is None:
            z = whole(work.system, "train", "z")["z"]
            is_plane = z[0].numel() == 2  # which has room for the steps
            found = kmeans(z, k, *asked, keep=is_plane, check=check)
            work.keep(FILE, {step: m.cpu() for step, m in enumerate(found.path)})
        else:
            codes, n = shuffled(work.system, self.batch_size, seed), len(work.system.dataset.splits["train"])
            found = minibatch_kmeans(codes, n, k, *asked, check=check)
        with torch.no_grad():
            latent.centroids.copy_(found.centroids)
        log.info("stage %s: %d steps, inertia %.6g", work.name, found.steps, found.inertia)
        work.tell({"train/inertia": inertia} for inertia in found.curve)
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
