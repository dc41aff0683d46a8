"""How well the labels of near codes tell the label of a code."""

from typing import Any

from torch import Tensor

from aelab.baseline.baseline import stride
from aelab.metric.metric import Metric
from aelab.metric.probe import labelled


class KNN(Metric):
    """knn_error = mean over samples of [the most frequent label among the k nearest codes ≠ y]

    Nearest by ‖z − z'‖ among the training rows' codes.     [scikit-learn; Cover & Hart 1967]

    k: neighbours.
    rows: at most this many training rows, evenly thinned; null for all. Time grows with it.
    """

    clean, final = True, True

    def __init__(self, k: int, rows: int | None) -> None:
        for name, value in (("k", k), ("rows", rows)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.k, self.rows = k, rows

    def fit(self, z: Tensor, y: Tensor) -> None:  # type: ignore[override]
        from sklearn.neighbors import KNeighborsClassifier  # takes a second to import

        x, labels = labelled(z, y)
        step = stride(len(x), self.rows)
        x, labels = x[::step], labels[::step]
        self.classifier: Any = KNeighborsClassifier(min(self.k, len(x))).fit(x, labels) if len(x) else None

    def reset(self) -> None:
        self.wrong, self.samples = 0, 0

    def update(self, z: Tensor, y: Tensor) -> None:  # type: ignore[override]
        x, labels = labelled(z, y)
        if self.classifier is not None and len(x):
            self.wrong += int((self.classifier.predict(x) != labels).sum())
            self.samples += len(x)

    def compute(self) -> dict[str, float]:
        return {"knn_error": self.wrong / self.samples} if self.samples else {}
