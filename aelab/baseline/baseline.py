"""A baseline: a classic method fitted to the same training rows, seen by the same metrics and figures."""

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.model.autoencoder import Prior

log = logging.getLogger(__name__)


class Baseline:
    """Rows of x, flat and in model units, to codes and, where the method can, back.

    scored: whether metrics make sense; a mere map of the rows it was fitted to has none.
    places: whether it encodes; a mere distribution of x has no place for a row on a map.
    draws: whether it makes new rows.
    most: of a mere map, which places all rows at once: so many at most.
    restores: whether it takes an x̃ of any size straight to x̂, without a code.
    reshapes: whether x̃ may have another shape than x.
    rows: of a method that restores, the training rows that it is tuned on; None leaves it to whole photos.
    prior: of a method whose codes have a density, once it is fitted.
    """

    scored: bool = True
    places: bool = True
    draws: bool = False
    most: int | None = None
    restores: bool = False
    reshapes: bool = False
    rows: int | None = None
    prior: Prior | None = None

    def fit(self, dataset: Dataset, dim: int) -> None:
        """Learn codes of `dim` numbers, or as many as the method has, from the training rows."""
        raise NotImplementedError

    def encode(self, x: np.ndarray) -> np.ndarray:
        """[n, features] -> [n, d]"""
        raise NotImplementedError

    def decode(self, z: np.ndarray) -> np.ndarray | None:
        """[n, d] -> [n, features]; None where the method rebuilds nothing."""
        return None

    def tune(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        """Instead of `fit`, of a method that restores: find its settings on some x and x̃ [c, h, w]."""
        raise NotImplementedError

    def restore(self, x_tilde: np.ndarray) -> np.ndarray:
        """[c, h, w] -> [c, h, w]"""
        raise NotImplementedError

    def sample(self, n: int) -> np.ndarray:
        """[n, features], the same every time."""
        raise NotImplementedError

    def objections(self, dataset: Dataset) -> Iterable[str]:
        """What of this data the method cannot work with, a line each, asked before training."""
        return ()


def training_rows(dataset: Dataset, most: int | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """(x [n, features] float32, y [n] or None) of the training rows, evenly thinned to at most so many."""
    train = dataset.splits["train"]
    x, y = dataset.gather(train[:: stride(len(train), most)])
    return x.flatten(1).cpu().numpy(), None if y is None else y.cpu().numpy()


def stride(n: int, most: int | None) -> int:
    """Of n rows every so many-eth leaves at most `most`."""
    return 1 if most is None else max(1, -(-n // most))


def matrix(dataset: Dataset, rows: Tensor) -> np.ndarray:
    """These rows in model units, [n, features] float32."""
    return dataset.gather(rows)[0].flatten(1).cpu().numpy()


@contextmanager
def remarked(kinds: type[Warning] | tuple[type[Warning], ...], remark: str) -> Iterator[None]:
    """Instead of a library's warnings of these kinds, one line that the user can act on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if any(issubclass(warning.category, kinds) for warning in caught):
        log.warning(remark)
    for other in caught:
        if not issubclass(other.category, kinds):
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
