"""A baseline: a classic method fitted to the same training rows, seen by the same metrics and figures."""

from collections.abc import Iterable

import numpy as np
from torch import Tensor

from aelab.dataset.dataset import Dataset


class Baseline:
    """Rows of x, flat and in model units, to codes and, where the method can, back.

    scored: whether metrics make sense; a mere map of the rows it was fitted to has none.
    """

    scored: bool = True

    def fit(self, dataset: Dataset, dim: int) -> None:
        """Learn codes of `dim` numbers, or as many as the method has, from the training rows."""
        raise NotImplementedError

    def encode(self, x: np.ndarray) -> np.ndarray:
        """[n, features] -> [n, d]"""
        raise NotImplementedError

    def decode(self, z: np.ndarray) -> np.ndarray | None:
        """[n, d] -> [n, features]; None where the method rebuilds nothing."""
        return None

    def objections(self, dataset: Dataset) -> Iterable[str]:
        """What of this data the method cannot work with, a line each, asked before training."""
        return ()


def training_rows(dataset: Dataset, most: int | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """(x [n, features] float32, y [n] or None) of the training rows, evenly thinned to at most so many."""
    rows = dataset.splits["train"]
    if most is not None and len(rows) > most:
        rows = rows[:: -(-len(rows) // most)]
    x, y = dataset.gather(rows)
    return x.flatten(1).cpu().numpy(), None if y is None else y.cpu().numpy()


def matrix(dataset: Dataset, rows: Tensor) -> np.ndarray:
    """These rows in model units, [n, features] float32."""
    return dataset.gather(rows)[0].flatten(1).cpu().numpy()
