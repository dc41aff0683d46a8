"""A file of vectors that a user would have, and the data set that it is."""

from pathlib import Path

import numpy as np

ARRAYS = ("dataset=arrays", "dataset.file=table.npz")


def write_table(folder: Path, **arrays: np.ndarray) -> None:
    np.savez(folder / "table.npz", **{"x": np.random.default_rng(0).normal(size=(60, 6)), **arrays})
