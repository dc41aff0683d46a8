"""SVHN: house numbers in street photos, in MATLAB files."""

from pathlib import Path

import numpy as np

from aelab.dataset.published import Part, Published


class SVHN(Published):
    """99,289 colour photos of 32 x 32 of digits, the last 26,032 for the test     [Netzer et al. 2011]"""

    source = "SVHN"
    size = (3, 32, 32)
    calls = ({"split": "train"}, {"split": "test"})

    def files(self) -> tuple[list[Part], list[Part]]:
        return [("train_32x32.mat",)], [("test_32x32.mat",)]

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        from scipy.io import loadmat

        found = loadmat(path, variable_names=["X", "y"])
        x = found["X"].transpose(3, 2, 0, 1)  # [h, w, c, n] -> [n, c, h, w]
        return {"x": x, "y": found["y"].ravel() % 10}  # the digit 0 is labelled 10

    def names(self) -> list[str]:
        return [str(digit) for digit in range(10)]
