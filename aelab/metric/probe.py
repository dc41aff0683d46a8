"""How well a linear classifier reads the labels from the codes."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from aelab.errors import at_least
from aelab.metric.metric import Metric


class Probe(Metric):
    """probe_error = mean over samples of [argmax_c (w_c·(z − m)/s + b_c) ≠ y]

    W, b minimise ½‖W‖² + C Σ −log softmax(W(z − m)/s + b)_y over the training rows' codes. m is the mean
    code, without which L-BFGS crawls where all codes are positive; s is the root mean square of what is
    left, so that C means the same for codes of any size.     [scikit-learn; Makhzani & Frey 2014, sec. 4.4]

    C: or a list, of which the one with the lowest error on a held-out tenth of the training rows is taken.
    max_iter: steps of L-BFGS; a fit that has not converged by then is used as it is.
    """

    clean, final = True, True

    def __init__(self, C: float | Sequence[float], max_iter: int) -> None:
        self.candidates = list(C) if isinstance(C, Sequence) else [C]
        if not self.candidates or min(self.candidates) <= 0:
            raise ValueError(f"C must be positive, or a list of such numbers, got {C}")
        at_least(max_iter=(max_iter, 1))
        self.max_iter = max_iter

    def fit(self, z: Tensor, y: Tensor) -> None:  # type: ignore[override]
        x, labels = labelled(z, y)
        self.classifier: Any = None
        if len(np.unique(labels)) < 2:
            return
        self.mean = x.mean(0, dtype=np.float64).astype(np.float32)
        x -= self.mean
        self.scale = np.sqrt(np.mean(np.square(x, dtype=np.float64))).astype(np.float32) or np.float32(1)
        x /= self.scale
        best = self.candidates[0]
        if len(self.candidates) > 1:
            order = np.random.default_rng(0).permutation(len(x))
            held, rest = np.split(order, [max(1, len(x) // 10)])
            best = self.choose(x[rest], labels[rest], x[held], labels[held])
        self.classifier = self.trained(best, x, labels)

    def choose(self, x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray) -> float:
        """The C with the lowest error on the held-out rows, the first of equals."""
        if len(np.unique(y)) < 2:
            return self.candidates[0]
        errors = [np.mean(self.trained(C, x, y).predict(held_x) != held_y) for C in self.candidates]
        return self.candidates[int(np.argmin(errors))]

    def trained(self, C: float, x: np.ndarray, y: np.ndarray) -> Any:
        from sklearn.exceptions import ConvergenceWarning  # takes a second to import
        from sklearn.linear_model import LogisticRegression

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return LogisticRegression(C=C, max_iter=self.max_iter).fit(x, y)

    def reset(self) -> None:
        self.wrong, self.samples = 0, 0

    def update(self, z: Tensor, y: Tensor) -> None:  # type: ignore[override]
        x, labels = labelled(z, y)
        if self.classifier is not None and len(x):
            self.wrong += int((self.classifier.predict((x - self.mean) / self.scale) != labels).sum())
            self.samples += len(x)

    def compute(self) -> dict[str, float]:
        return {"probe_error": self.wrong / self.samples} if self.samples else {}


def labelled(z: Tensor, y: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(codes [n, d] float32, labels [n]) of the rows that have a label, a copy."""
    y = y.cpu()
    return z.cpu()[y >= 0].flatten(1).float().numpy(), y[y >= 0].numpy()
