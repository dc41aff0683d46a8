"""Two points on a line, the smallest data set on which an ELBO goes wrong."""

from typing import Any

import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed


class TwoPoints(Dataset):
    """x ∈ {−1, 1}, each on half of the rows, in model units as it is     [Zhao et al. 2017, InfoVAE, fig. 1]

    n: rows, even.
    """

    def __init__(self, n: int, **common: Any) -> None:
        super().__init__(**common)
        if n < 10 or n % 2:
            raise ValueError(f"n must be even and at least 10, got {n}")
        self.n = n

    def read(self) -> Rows:
        y = torch.arange(self.n) % 2
        return Rows((2.0 * y - 1).unsqueeze(1), y, ["-1", "1"])

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return fixed(0, 1)
