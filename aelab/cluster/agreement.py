"""How far clusters and labels agree, whatever numbers the clusters have."""

import numpy as np


def confusion(clusters: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows of each cluster and label, [n] and [n] -> [K, C]; a label below 0 is unknown and not counted."""
    known = y >= 0
    clusters, y = clusters[known], y[known]
    table = np.zeros((clusters.max(initial=-1) + 1, y.max(initial=-1) + 1), dtype=np.int64)
    np.add.at(table, (clusters, y), 1)
    return table


def matched(table: np.ndarray) -> dict[int, int]:
    """Cluster -> label, one to one, so that most rows agree     [Kuhn 1955, the Hungarian method]

    Where their numbers differ, what is left over stays without.
    """
    from scipy.optimize import linear_sum_assignment  # takes a second to import

    return dict(zip(*(part.tolist() for part in linear_sum_assignment(table, maximize=True)), strict=True))


def accuracy(table: np.ndarray) -> float:
    """max over one-to-one matchings of (rows whose cluster is matched to their label) / n, table [K, C]"""
    return sum(table[k, c] for k, c in matched(table).items()) / table.sum()
