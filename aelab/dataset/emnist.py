"""EMNIST: the letters beside the digits."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from aelab.dataset.mnist import Idx, pair
from aelab.dataset.published import Part

Subset = Literal["letters", "balanced", "byclass", "bymerge", "digits", "mnist"]


class EMNIST(Idx):
    """Handwritten letters and digits of 28 x 28     [Cohen et al. 2017]

    subset: `letters` (26 classes), `balanced` (47), `byclass` (62), `bymerge` (47), `digits` or `mnist` (10).
    """

    source = "EMNIST"
    folder = "EMNIST/raw"

    def __init__(self, subset: Subset, **common: Any) -> None:
        super().__init__(**common)
        self.subset, self.calls = subset, ({"split": subset},)

    def files(self) -> tuple[list[Part], list[Part]]:
        return [pair(f"emnist-{self.subset}-train")], [pair(f"emnist-{self.subset}-test")]

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        found = super().decode(path)
        if "x" in found:
            return {"x": found["x"].swapaxes(2, 3)}  # the files hold every image mirrored at its diagonal
        return {"y": found["y"].astype(np.int64) - (self.subset == "letters")}  # a is 1 there

    def names(self) -> list[str]:
        from torchvision import datasets

        return [name for name in datasets.EMNIST.classes_split_dict[self.subset] if name != "N/A"]
