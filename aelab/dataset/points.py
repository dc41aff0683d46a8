"""Toy data: points in few dimensions, drawn and not read."""

import math
from typing import Any

import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.scale import Scale
from aelab.errors import at_least


class Points(Dataset):
    """Points that a subclass draws from `split_seed`, so that every run of whatever seed has the same.

    x = (raw − mean) / s, s² the mean of the features' variances: one s for all, so that a circle stays one.

    n: how many.
    noise: standard deviation, in the points' own units.
    """

    def __init__(self, n: int, noise: float, **common: Any) -> None:
        super().__init__(**common)
        at_least(n=(n, 10))
        if not 0 <= noise < math.inf:
            raise ValueError(f"noise must be finite and not negative, got {noise}")
        if not 0 <= self.split_seed < 2**32:
            raise ValueError(f"split_seed must lie in [0, 2³²), got {self.split_seed}")
        self.n, self.noise = n, noise

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        variance, mean = torch.var_mean(x.index_select(0, train), dim=0, correction=0)  # each [features]
        s = variance.mean().sqrt()
        return Scale(mean, torch.where(s > 0, s, 1.0))  # all points may be one
