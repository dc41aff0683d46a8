"""The digits that scikit-learn carries."""

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits

from aelab.dataset.dataset import Dataset


def test_rows_are_scikit_learns(dataset: Callable[..., Dataset]) -> None:
    data, (pixels, labels) = dataset("digits").setup(), load_digits(return_X_y=True)
    x, y = data.rows.x, data.rows.y
    assert np.array_equal(x[:, 0].numpy(), pixels.reshape(-1, 8, 8))
    assert y is not None and np.array_equal(y.numpy(), labels)
    assert data.shape == (1, 8, 8)
    assert data.batch(data.splits["train"])[0].max() == 1
