"""Kernel principal component analysis."""

from typing import Literal

import numpy as np

from aelab.baseline.baseline import Baseline, training_rows
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class KernelPCA(Baseline):
    """z = the leading principal components of φ(x), where φ(x)·φ(x') = k(x, x')

    x̂ is learnt: kernel ridge regression from z back to x.
    [scikit-learn; Schölkopf, Smola & Müller 1998; Bakır, Weston & Schölkopf 2004]

    kernel: rbf exp(−γ‖x − x'‖²), poly (γ x·x' + 1)^degree, cosine or linear.
    gamma: γ; null for 1 / (2 Σ_j var x_j), at which rows at the mean distance have an rbf kernel of 1/e.
    degree: of poly.
    ridge: the penalty α of the way back; larger is smoother.
    rows: at most this many training rows, evenly thinned: memory grows with their square, time with the cube.
    """

    def __init__(
        self,
        kernel: Literal["rbf", "poly", "cosine", "linear"],
        gamma: float | None,
        degree: int,
        ridge: float,
        rows: int,
    ) -> None:
        at_least(degree=(degree, 1), rows=(rows, 2))
        if gamma is not None and gamma <= 0:
            raise ValueError(f"gamma must be above 0, or null for the data's own, got {gamma}")
        if ridge <= 0:
            raise ValueError(f"ridge must be above 0, got {ridge}")
        self.kernel, self.gamma, self.degree, self.ridge, self.rows = kernel, gamma, degree, ridge, rows

    def fit(self, dataset: Dataset, dim: int) -> None:
        from sklearn import decomposition  # takes a second to import

        x = training_rows(dataset, self.rows)[0].astype(np.float64)  # a small ridge needs double precision
        self.fitted = decomposition.KernelPCA(
            min(dim, len(x)),
            kernel=self.kernel,
            gamma=self.gamma or natural_gamma(x),
            degree=self.degree,
            alpha=self.ridge,  # type: ignore[arg-type]
            fit_inverse_transform=True,
            random_state=0,
        ).fit(x)

    def encode(self, x: np.ndarray) -> np.ndarray:
        return self.fitted.transform(x.astype(np.float64))

    def decode(self, z: np.ndarray) -> np.ndarray:
        return self.fitted.inverse_transform(z)


def natural_gamma(x: np.ndarray) -> float:
    """One over the mean squared distance of two rows."""
    return float(1 / max(2 * x.var(0).sum(), 1e-12))
