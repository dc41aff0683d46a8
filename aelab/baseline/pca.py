"""Principal component analysis."""

from math import prod

import numpy as np

from aelab.baseline.baseline import Baseline, matrix
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class PCA(Baseline):
    """z = Vᵀ(x − μ), x̂ = μ + Vz: V the first `dim` principal components of the training rows

    [scikit-learn; Hotelling 1933]

    memory: GiB of float32 that the training rows may take; above, components are found batch by batch.
    """

    def __init__(self, memory: float) -> None:
        at_least(memory=(memory, 0))
        self.memory = memory

    def fit(self, dataset: Dataset, dim: int) -> None:
        self.mean, self.components = principal_components(dataset, dim, self.memory)

    def encode(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) @ self.components.T

    def decode(self, z: np.ndarray) -> np.ndarray:
        return z @ self.components + self.mean


def principal_components(dataset: Dataset, dim: int, memory: float) -> tuple[np.ndarray, np.ndarray]:
    """(μ [features], Vᵀ [dim, features]) of the training rows, float32; fewer where the data has fewer.

    memory: GiB that the rows may take at once; above, they are read batch by batch.
    """
    from sklearn import decomposition  # takes a second to import

    train = dataset.splits["train"]
    pixels = prod(dataset.shape)
    dim = min(dim, pixels, len(train))
    near = matrix(dataset, train[:1024]).mean(0)  # far from zero, single precision would lose the differences
    if 4 * len(train) * pixels <= memory * 2**30:
        solver = "covariance_eigh" if len(train) > pixels else "auto"
        fitted = decomposition.PCA(dim, svd_solver=solver, random_state=0).fit(matrix(dataset, train) - near)
    else:
        fitted = decomposition.IncrementalPCA(dim)
        for part in train.split(max(1024, 2 * dim)):
            fitted.partial_fit(matrix(dataset, part) - near)
    mean, components = np.asarray(fitted.mean_), np.asarray(fitted.components_)
    return (near + mean).astype(np.float32), components.astype(np.float32)
