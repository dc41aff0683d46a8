"""Small files of every data set, in its own format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from dataset import test_celeba, test_dsprites, test_emnist, test_mnist, test_svhn, test_usps
from dataset.test_frey import FACES
from dataset.test_image_folder import photo
from scipy.io import savemat


def write_frey(root: Path) -> None:
    savemat(root / "frey_rawface.mat", {"ff": FACES.reshape(30, 560).T})


def write_arrays(root: Path) -> None:
    np.savez(root / "table.npz", x=np.random.default_rng(0).normal(size=(60, 5)), y=np.arange(60) % 3)


def write_photos(root: Path) -> None:
    for i in range(30):
        photo(root / "ab"[i % 2] / f"{i}.png", i)


def write_colour_photos(root: Path) -> None:
    for i in range(12):
        photo(root / f"{i}.png", i, (64, 40 + i), "RGB")


WRITERS: dict[str, Callable[[Path], object] | str] = {
    "arrays": write_arrays,
    "celeba": test_celeba.write,
    "cifar10": "cifar10_files",
    "coloured_shapes": lambda root: None,
    "digits": lambda root: None,
    "dsprites": test_dsprites.write,
    "emnist": lambda root: test_emnist.write(root / "EMNIST/raw", "letters", np.arange(60) % 26 + 1),
    "fashion_mnist": lambda root: test_mnist.write(root / "FashionMNIST/raw"),
    "frey": write_frey,
    "gaussian_mixture": lambda root: None,
    "image_folder": write_photos,
    "kmnist": lambda root: test_mnist.write(root / "KMNIST/raw"),
    "mnist": lambda root: test_mnist.write(root / "MNIST/raw"),
    "photos": write_colour_photos,
    "ring": lambda root: None,
    "shapes": lambda root: None,
    "stl10": "stl10_files",
    "svhn": test_svhn.write,
    "swiss_roll": lambda root: None,
    "two_moons": lambda root: None,
    "two_points": lambda root: None,
    "usps": test_usps.write,
}
"""Small files of each data set in its own format, or the fixture that writes them."""
