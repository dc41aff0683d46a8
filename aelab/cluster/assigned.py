"""Which cluster every row is in: as numbers, as clusters.csv, in words."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aelab.cluster.agreement import confusion
from aelab.dataset.dataset import Dataset
from aelab.evaluation import whole
from aelab.files import replacing
from aelab.model.clustering import Clustering
from aelab.system import System


@dataclass
class Assigned:
    """cluster: [n] argmax_k q_ik.
    confidence: [n] its q_ik.
    distance: [n] ‖z_i − m_k‖ to its centroid.
    """

    cluster: Tensor
    confidence: Tensor
    distance: Tensor

    @property
    def columns(self) -> dict[str, np.ndarray]:
        return {name: value.cpu().numpy() for name, value in vars(self).items()}


@torch.no_grad()
def assigned(z: Tensor, clustering: Clustering) -> Assigned:
    """Of codes z [n, d]."""
    z = z.flatten(1)
    confidence, cluster = clustering.assign(z).max(1)
    return Assigned(cluster, confidence, (z - clustering.centroids[cluster]).norm(dim=1))


def write_clusters(system: System, clustering: Clustering, path: Path) -> Iterator[str]:
    """clusters.csv, a line for every row of the run's splits in the source's order; what is to be said of the
    final split's.
    """
    dataset, final = system.dataset, system.dataset.final
    splits = [final] if final == "all" else list(dataset.splits)
    found = {split: assigned(whole(system, split, "z")["z"], clustering) for split in splits}
    names = ["name", *(["split"] if len(splits) > 1 else []), *found[final].columns]
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*names, *(["label"] if dataset.rows.y is not None else [])])
        writer.writerows(row for _, row in sorted(lines(dataset, found)))
    clusters = found[final].cluster.cpu().numpy()
    yield from words(clusters, len(clustering.centroids), labels_of(dataset, final), dataset)


def lines(dataset: Dataset, found: dict[str, Assigned]) -> Iterator[tuple[int, list[object]]]:
    """(row number, cells) of every row."""
    listed = dataset.rows.names
    for split, those in found.items():
        y = labels_of(dataset, split)
        cells = zip(*(column.tolist() for column in those.columns.values()), strict=True)
        for i, (row, own) in enumerate(zip(dataset.splits[split].tolist(), cells, strict=True)):
            name = listed[row] if listed else row
            label = [] if y is None else [int(y[i]) if y[i] >= 0 else ""]
            yield row, [name, *([split] if len(found) > 1 else []), *own, *label]


def labels_of(dataset: Dataset, split: str) -> np.ndarray | None:
    """[n] of a split's rows; None without any."""
    y = dataset.rows.y
    return None if y is None else y.cpu()[dataset.splits[split].cpu()].numpy()


def words(clusters: np.ndarray, k: int, y: np.ndarray | None, dataset: Dataset) -> Iterator[str]:
    """A line each of what a number hides: empty clusters, labels that share one, labels in several."""
    empty = np.bincount(clusters, minlength=k) == 0
    if empty.any():
        yield f"clusters: {k - empty.sum()} of {k} have a row; nobody is in {listed(np.flatnonzero(empty))}"
    if y is None or not (y >= 0).any():
        return
    table = confusion(clusters, y)  # [K, C]
    used, most = table.sum(1) > 0, table.argmax(1)
    there: list[int] = np.flatnonzero(table.sum(0)).tolist()
    names = {c: dataset.rows.classes[c] if dataset.rows.classes else str(c) for c in there}
    for c in there:
        own, into = np.flatnonzero((most == c) & used), int(table[:, c].argmax())
        if not len(own) and k >= len(there):
            other = names[int(most[into])]
            yield f"clusters: {names[c]} has none of its own; most of it is in {into}, with {other}"
        if len(own) > 1 and k <= len(there):
            yield f"clusters: {names[c]} has several, {listed(own)}"


def listed(numbers: np.ndarray) -> str:
    return ", ".join(map(str, numbers.tolist()))
