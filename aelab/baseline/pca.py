"""Principal component analysis."""

import numpy as np
from torch import Tensor

from aelab.baseline.baseline import Baseline
from aelab.dataset.dataset import Dataset


class PCA(Baseline):
    """x̂ = μ + VVᵀ(x − μ), V the first `dim` principal components of the training rows     [scikit-learn]

    memory: GiB of float32 that the training rows may take; above, components are found batch by batch.
    """

    def __init__(self, memory: float = 2.0) -> None:
        self.memory = memory

    def scores(self, dataset: Dataset, split: str, dim: int) -> dict[str, float]:
        from sklearn import decomposition  # takes a second to import

        train, rows = dataset.splits["train"], dataset.splits[split]
        pixels = dataset.rows.x[0].numel()
        dim = min(dim, pixels, len(train))
        near = matrix(dataset, train[:1024]).mean(
            0
        )  # far from zero, single precision would lose the differences
        if 4 * len(train) * pixels <= self.memory * 2**30:
            solver = "covariance_eigh" if len(train) > pixels else "auto"
            fitted = decomposition.PCA(dim, svd_solver=solver, random_state=0).fit(
                matrix(dataset, train) - near
            )
        else:
            fitted = decomposition.IncrementalPCA(dim)
            for part in train.split(max(1024, 2 * dim)):
                fitted.partial_fit(matrix(dataset, part) - near)
        total = 0.0
        for part in rows.split(1024):
            x = matrix(dataset, part) - near
            x_hat = fitted.inverse_transform(fitted.transform(x))
            total += float(((x - x_hat).astype(np.float64) ** 2).sum())
        sse = total / len(rows)
        return {"mse": sse / pixels, "sse": sse}


def matrix(dataset: Dataset, rows: Tensor) -> np.ndarray:
    """These rows in model units, [n, features] float32."""
    return dataset.gather(rows)[0].flatten(1).cpu().numpy()
