"""The handwritten digits that scikit-learn carries."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.errors import UserError


class Digits(Dataset):
    """1,797 real digits of 8 x 8 in 17 shades of grey     [UCI optical recognition, test part]

    The file is read from the installed package without importing it, which takes longer than the training.
    """

    def read(self) -> Rows:
        package = find_spec("sklearn")
        if package is None or package.origin is None:
            raise UserError("dataset: digits needs scikit-learn; pip install scikit-learn")
        path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
        x, y = torch.from_numpy(table[:, :64]), torch.from_numpy(table[:, 64]).long()
        return Rows(x.reshape(-1, 1, 8, 8).contiguous(), y, classes=[str(digit) for digit in range(10)])

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return fixed(0, 16)
