"""Independent component analysis."""

import numpy as np

from aelab.baseline.baseline import Baseline, matrix, remarked
from aelab.baseline.pca import principal_components
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least

PIECE = 10_000  # rows that are read at once


class ICA(Baseline):
    """z = W S⁻¹Vᵀ(x − μ), x̂ = μ + V S Wᵀz: W the rotation that makes the z_i independent, by log cosh

    V and S are the principal components and their standard deviations. A rotation leaves the subspace as it
    is, so that ICA rebuilds what PCA rebuilds; only its axes are others.
    [scikit-learn, FastICA; Hyvärinen & Oja 2000]

    max_iter: steps of the fixed point; what has not converged by then is used, with a notice.
    memory: GiB of float32 that the training rows may take; above, components are found batch by batch.
    """

    def __init__(self, max_iter: int, memory: float) -> None:
        at_least(max_iter=(max_iter, 1), memory=(memory, 0))
        self.max_iter, self.memory = max_iter, memory

    def fit(self, dataset: Dataset, dim: int) -> None:
        from sklearn.decomposition import FastICA  # takes a second to import
        from sklearn.exceptions import ConvergenceWarning

        self.mean, v = principal_components(dataset, dim, self.memory)
        pieces = dataset.splits["train"].split(PIECE)
        codes = np.concatenate([(matrix(dataset, piece) - self.mean) @ v.T for piece in pieces])
        deviation = codes.std(0)
        real = deviation > 1e-5 * deviation.max()  # a direction in which nothing varies is no component
        codes, v, deviation = codes[:, real], v[real], deviation[real]
        ica = FastICA(whiten=False, max_iter=self.max_iter, random_state=0)  # type: ignore[arg-type]
        remark = f"baseline=ica has not converged; raise baseline.ica.max_iter={self.max_iter}"
        with remarked(ConvergenceWarning, remark):
            ica.fit((codes / deviation).astype(np.float64))  # single precision takes three times the steps
        w = np.asarray(ica.components_, dtype=np.float32)
        self.to, self.back = w @ (v / deviation[:, None]), w @ (v * deviation[:, None])  # each [d, features]

    def encode(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) @ self.to.T

    def decode(self, z: np.ndarray) -> np.ndarray:
        return z @ self.back + self.mean
