"""CIFAR-10: small colour photos, in Python pickles."""

import pickle
from pathlib import Path

import numpy as np

from aelab.dataset.published import Part, Published

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


class CIFAR10(Published):
    """60,000 colour photos of 32 x 32 in ten classes, the last 10,000 for the test     [Krizhevsky 2009]"""

    source = "CIFAR10"
    size = (3, 32, 32)
    folder = "cifar-10-batches-py"
    calls = ({},)

    def files(self) -> tuple[list[Part], list[Part]]:
        return [(f"data_batch_{number}",) for number in range(1, 6)], [("test_batch",)]

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        from torchvision import datasets
        from torchvision.datasets.utils import check_integrity

        known = dict(datasets.CIFAR10.train_list + datasets.CIFAR10.test_list)
        if not check_integrity(path, known[path.name]):  # a pickle from elsewhere could run any code
            raise ValueError("its MD5 is not the published one")
        with path.open("rb") as file:
            batch = pickle.load(file, encoding="latin1")
        return {"x": batch["data"].reshape(-1, *self.size), "y": np.asarray(batch["labels"])}

    def names(self) -> list[str]:
        return CLASSES
