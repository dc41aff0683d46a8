"""Non-negative matrix factorisation."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from aelab.baseline.baseline import Baseline, remarked, training_rows
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class NMF(Baseline):
    """min ‖X − ZH‖² over Z ≥ 0, H ≥ 0; x̂ = zH, z ≥ 0 the best for its row and that H

    Parts that only add up: x is at least 0; what lies below, as after noise, counts as 0.
    [scikit-learn; Lee & Seung 1999]

    max_iter: sweeps of coordinate descent; what has not converged by then is used, with a notice.
    rows: at most this many training rows, evenly thinned: time grows with it.
    """

    def __init__(self, max_iter: int, rows: int) -> None:
        at_least(max_iter=(max_iter, 1), rows=(rows, 2))
        self.max_iter, self.rows = max_iter, rows

    def objections(self, dataset: Dataset) -> Iterator[str]:
        low, high = dataset.extremes()
        if low < 0:
            yield (
                f"NMF needs data of at least 0; this lies in [{low:.3g}, {high:.3g}]. "
                "Take dataset.scale=unit where the data set has it, or leave nmf out"
            )

    def fit(self, dataset: Dataset, dim: int) -> None:
        from sklearn import decomposition  # takes a second to import
        from sklearn.exceptions import ConvergenceWarning

        x, _ = training_rows(dataset, self.rows)
        settings: dict[str, Any] = {"n_components": min(dim, *x.shape), "init": "nndsvda"}
        self.fitted = decomposition.NMF(**settings, max_iter=self.max_iter, random_state=0)
        self.remark = f"baseline=nmf has not converged; raise baseline.nmf.max_iter={self.max_iter}"
        with remarked(ConvergenceWarning, self.remark):
            self.fitted.fit(x)

    def encode(self, x: np.ndarray) -> np.ndarray:
        from sklearn.exceptions import ConvergenceWarning

        with remarked(ConvergenceWarning, self.remark):
            return self.fitted.transform(x.clip(0))

    def decode(self, z: np.ndarray) -> np.ndarray:
        return z @ self.fitted.components_
