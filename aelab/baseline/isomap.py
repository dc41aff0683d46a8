"""Isomap: distances along the data."""

import numpy as np

from aelab.baseline.baseline import Baseline, remarked, training_rows
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class Isomap(Baseline):
    """z with ‖z_i − z_j‖ ≈ the shortest path from x_i to x_j over nearest neighbours, by classical scaling

    The run's own number of coordinates, the first ones the best; new rows reach the paths through their
    neighbours. Nothing is rebuilt.     [scikit-learn; Tenenbaum, de Silva & Langford 2000]

    neighbours: links of a row; where they leave the rows in parts, the parts are joined, with a notice.
    rows: at most this many training rows, evenly thinned: memory grows with their square, time even faster.
    """

    def __init__(self, neighbours: int, rows: int) -> None:
        at_least(neighbours=(neighbours, 1), rows=(rows, 2))
        self.neighbours, self.rows = neighbours, rows

    def fit(self, dataset: Dataset, dim: int) -> None:
        from scipy.sparse import SparseEfficiencyWarning
        from sklearn import manifold  # takes a second to import

        x, _ = training_rows(dataset, self.rows)
        isomap = manifold.Isomap(n_neighbors=min(self.neighbours, len(x) - 1), n_components=min(dim, len(x)))
        remark = "baseline=isomap: the neighbours leave the rows in parts, which were joined"
        remark += f"; raise baseline.isomap.neighbours={self.neighbours}"
        with remarked((UserWarning, SparseEfficiencyWarning), remark):
            self.fitted = isomap.fit(x)

    def encode(self, x: np.ndarray) -> np.ndarray:
        return self.fitted.transform(x)
