"""What lies in every cluster: its centroid as an image, its rows nearest to it and those farthest away."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, aligned, bare, blocks
from aelab.figure.clustered import Clustered, clustered
from aelab.figure.figure import Figure, View
from aelab.figure.tile import pixels


class ClusterSamples(Figure):
    """x̂ of m_k, and rows i of cluster k = argmax_j q_ij in the order of ‖z_i − m_k‖: the first and the last

    A row is shown once, so that a small cluster has few of the farthest or none. Beside a cluster stands its
    most frequent label, and the share of that among its rows that have one.

    n: of the nearest, and of the farthest.
    clusters: at most so many, the largest.
    """

    def __init__(self, n: int, clusters: int) -> None:
        at_least(n=(n, 1), clusters=(clusters, 1))
        self.n, self.clusters = n, clusters

    def draw(self, view: View) -> Canvas | None:
        if (found := self.found(view)) is None:
            return None
        return blocks(*self.parts(view, found))

    def bare(self, view: View) -> np.ndarray | None:
        found = self.found(view)
        return None if found is None else bare(self.parts(view, found)[0])

    def found(self, view: View) -> Clustered | None:
        if not view.dataset.is_image:
            return self.nothing("draws images, and these rows are vectors")
        return clustered(view, self)

    def parts(self, view: View, found: Clustered) -> tuple[list[Block], str, str]:
        """Images of each kind, heading and note."""
        dataset = view.dataset
        sizes, counts = found.sizes, found.table(dataset.classes)
        largest = sorted(range(found.k), key=lambda k: (-sizes[k], k))[: self.clusters]
        shown = sorted(largest)
        names = [told(k, sizes[k], counts[k], dataset) for k in shown]
        orders = [by_distance(found, k) for k in shown]
        rows = dataset.splits[dataset.final]
        near, far = [], []  # of each cluster, its images
        for order in orders:
            for part, place in ((near, order[: self.n]), (far, order[self.n :][-self.n :])):
                part.append(pixels(dataset.gather(rows[place])[0], dataset))
        parts = [Block("nearest", aligned(near, self.n), self.n)]
        if any(map(len, far)):
            parts.append(Block("farthest of its own", aligned(far, self.n), self.n))
        if (centre := decoded(view, found.centroids[shown])) is not None:
            parts.insert(0, Block("centroid", centre, 1))
        parts[0].rows = names
        note = "distance to the centroid grows from left to right"
        if found.y is not None:
            note += "; label: the most frequent one in a cluster, and its share"
        if len(shown) < found.k:
            note += f"; the {len(shown)} largest of {found.k} clusters"
        return parts, look.heading("Clusters", dataset, view.name), note


def told(k: int, size: int, counts: np.ndarray, dataset: Dataset) -> str:
    """`3: 178 rows, 98% label 4`, of its rows of each label [classes]"""
    if not size:
        return f"{k}: empty"
    rows = f"{k}: {size} row{'s' * (size != 1)}"
    if not counts.sum():
        return rows
    label = int(counts.argmax())
    return f"{rows}, {counts[label] / counts.sum():.0%} {named(dataset, label)}"


def named(dataset: Dataset, label: int) -> str:
    """`label 4`, or the data's own word where it is one."""
    name = look.class_name(dataset, label)
    return name if any(map(str.isalpha, name)) and len(name) > 1 else f"label {name}"


def by_distance(found: Clustered, k: int) -> Tensor:
    """Positions of a cluster's rows, the nearest to its centroid first."""
    rows = (found.cluster == k).nonzero().flatten()
    return rows[found.distance[rows].argsort(stable=True)]


@torch.no_grad()
def decoded(view: View, m: Tensor) -> np.ndarray | None:
    """Shades of x̂ of centroids [K, d]; None where nothing makes an image of a code alone."""
    if not view.model.generates or view.model.condition is not None:
        return None
    return pixels(view.model.decode(m)["x_hat"], view.dataset)
