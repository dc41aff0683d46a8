"""STL-10: larger colour photos, few of them labelled, in plain bytes."""

from pathlib import Path
from typing import Any

import numpy as np

from aelab.dataset.published import Part, Published

CLASSES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]


class STL10(Published):
    """13,000 colour photos of 96 x 96 in ten classes, the last 8,000 for the test     [Coates et al. 2011]

    unlabelled: train on the 100,000 photos without a label too; their y is −1.
    """

    source = "STL10"
    size = (3, 96, 96)
    folder = "stl10_binary"
    calls = ({},)

    def __init__(self, unlabelled: bool, **common: Any) -> None:
        super().__init__(**common)
        self.unlabelled = unlabelled

    def files(self) -> tuple[list[Part], list[Part]]:
        without = [("unlabeled_X.bin",)] if self.unlabelled else []
        return [("train_X.bin", "train_y.bin"), *without], [("test_X.bin", "test_y.bin")]

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        found = np.memmap(path, np.uint8, mode="r")
        if path.stem.endswith("_y"):
            return {"y": found.astype(np.int64) - 1}
        if len(found) % np.prod(self.size):
            raise ValueError(f"{len(found)} bytes")
        x = found.reshape(-1, *self.size).swapaxes(2, 3)  # column by column in the file
        unlabelled = {"y": np.full(len(x), -1)} if path.stem.startswith("unlabeled") else {}
        return {"x": x, **unlabelled}

    def names(self) -> list[str]:
        return CLASSES
