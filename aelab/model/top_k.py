"""Keeping the largest numbers of a layer, on a code or as an activation."""

from typing import cast

import torch
from torch import Tensor, nn

from aelab.schedule import Schedule, numbers


class TopK(nn.Module):
    """z_j = h_j where h_j is one of the k largest, else 0; in evaluation of the αk largest

    [Makhzani & Frey 2014]. The largest values, not magnitudes, and no ReLU: z is linear and signed.

    k: if scheduled, it is rounded; from a large one downwards, no unit dies early     [sec. 4.2.1].
    """

    def __init__(self, k: int | Schedule, alpha: float = 1.0) -> None:
        super().__init__()
        if not all(value >= 1 for value in numbers(k)):
            raise ValueError(f"k must be at least 1, got {k}")
        if not alpha >= 1:
            raise ValueError(f"alpha must be at least 1, got {alpha}")
        self.k, self.alpha = cast(float, k), alpha  # the clock puts a number where a schedule stands

    def check(self, n: int) -> None:
        """ValueError where a layer of n units has not so many."""
        *_, final = values = tuple(numbers(self.k))
        if max(values) > n:
            raise ValueError(f"TopK of {n} units needs k in [1, {n}], got {self.k}")
        if self.alpha * final > n:
            raise ValueError(f"TopK of {n} units cannot keep alpha·k = {self.alpha:g}·{final:g} of them")

    def forward(self, h: Tensor) -> Tensor:
        n = h.shape[-1]
        k = self.k if self.training else min(self.alpha * self.k, n)  # early in its schedule, αk may pass n
        values, indices = h.topk(round(k), sorted=False)  # [..., k]
        return torch.zeros_like(h).scatter(-1, indices, values)  # [..., n]
