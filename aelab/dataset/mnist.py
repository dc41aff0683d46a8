"""MNIST and the data sets that took over its files: idx, the format of the original."""

import gzip
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np

from aelab.dataset.published import Part, Published

FAMILY = {"mnist", "fashionmnist", "kmnist", "emnist", "qmnist"}


class Idx(Published):
    """Grey images of 28 x 28 in idx files, images and labels apart."""

    size = (1, 28, 28)
    calls = ({},)

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        array = idx(path)
        return {"x": array[:, None]} if array.ndim == 3 else {"y": array}

    def homes(self) -> list[Path]:
        """Not the folder of a sibling, whose files have the same names."""
        siblings = FAMILY - {self.source.lower()}
        return [
            home for home in super().homes() if siblings.isdisjoint(map(plain, home.resolve().parts[-2:]))
        ]


class MNIST(Idx):
    """70,000 images in ten classes, the last 10,000 for the test.

    source: MNIST [LeCun et al. 1998], FashionMNIST [Xiao et al. 2017] or KMNIST [Clanuwat et al. 2018].
    """

    def __init__(self, source: Literal["MNIST", "FashionMNIST", "KMNIST"], **common: Any) -> None:
        super().__init__(**common)
        self.source, self.folder = source, f"{source}/raw"

    def files(self) -> tuple[list[Part], list[Part]]:
        return [pair("train")], [pair("t10k")]

    def names(self) -> list[str]:
        from torchvision import datasets

        return [name.partition(" - ")[0] for name in getattr(datasets, self.source).classes]  # "0 - zero"


def plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def pair(split: str) -> Part:
    """Names of the images and labels of a split."""
    return f"{split}-images-idx3-ubyte", f"{split}-labels-idx1-ubyte"


def idx(path: Path) -> np.ndarray:
    """The array of bytes in an idx file, as a view of the file where it is not compressed."""
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            raw = np.frombuffer(file.read(), np.uint8)
    else:
        raw = np.memmap(path, np.uint8, mode="r")
    if len(raw) < 4 or raw[0] or raw[1] or raw[2] != 8:  # two zeros, 8 for unsigned bytes, the rank
        raise ValueError("no idx header of bytes")
    start = 4 + 4 * int(raw[3])
    shape = [int(size) for size in raw[4:start].view(">u4")]
    if len(raw) - start != prod(shape):
        raise ValueError(f"{prod(shape)} bytes announced, {len(raw) - start} found")
    return raw[start:].reshape(shape)
