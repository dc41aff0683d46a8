"""Linear discriminant analysis."""

from collections.abc import Iterator

import numpy as np

from aelab.baseline.baseline import Baseline, stride, training_rows
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class LDA(Baseline):
    """z = Wᵀx, W maximises |WᵀS_B W| / |WᵀS_W W|: classes far apart, each of them narrow

    S_B and S_W are the covariances between and within the classes; those within are estimated by Ledoit and
    Wolf, as few rows of many features need. There are at most classes − 1 numbers, and nothing is rebuilt.
    [scikit-learn; Fisher 1936; Ledoit & Wolf 2004]

    rows: at most this many training rows, evenly thinned; those without a label are left out.
    """

    def __init__(self, rows: int) -> None:
        at_least(rows=(rows, 4))
        self.rows = rows

    def objections(self, dataset: Dataset) -> Iterator[str]:
        y, train = dataset.rows.y, dataset.splits["train"]
        if y is None:
            yield "LDA needs labels, and this data set has none; leave lda out"
        elif (k := len(spread(y[train[:: stride(len(train), self.rows)]].cpu().numpy()))) < 2:
            yield f"LDA needs at least 2 classes of 2 or more training rows, and has {k}; leave lda out"

    def fit(self, dataset: Dataset, dim: int) -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # takes a second to import

        x, y = training_rows(dataset, self.rows)
        assert y is not None  # else it has objected
        classes = spread(y)
        kept = np.isin(y, classes)
        dim = min(dim, len(classes) - 1, x.shape[1])
        lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto", n_components=dim)
        self.fitted = lda.fit(x[kept].astype(np.float64), y[kept])

    def encode(self, x: np.ndarray) -> np.ndarray:
        return self.fitted.transform(x)


def spread(y: np.ndarray) -> np.ndarray:
    """The classes of two rows or more: one row alone has no width."""
    classes, counts = np.unique(y[y >= 0], return_counts=True)
    return classes[counts > 1]
