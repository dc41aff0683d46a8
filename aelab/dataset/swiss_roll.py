"""A sheet rolled up: the textbook case of a manifold that no plane can follow."""

from typing import Any

import numpy as np
import torch

from aelab.dataset.points import Points
from aelab.dataset.rows import Rows


class SwissRoll(Points):
    """x = (t cos t, h, t sin t) + noise · ε,  t ~ U[3π/2, 9π/2],  h ~ U[0, 21],  ε ~ N(0, I)

    The points are those of scikit-learn's make_swiss_roll     [Marsland 2014, ch. 6]

    y numbers the six quarter turns of t from the inside: no classes, but they colour a map of the codes,
    where one sees whether the roll was unrolled.

    dim: 3, or 2 for the spiral without h.
    """

    def __init__(self, dim: int, **points: Any) -> None:
        super().__init__(**points)
        if dim not in (2, 3):
            raise ValueError(f"dim must be 3, or 2 for a flat spiral, got {dim}")
        self.dim = dim

    def read(self) -> Rows:
        from sklearn.datasets import make_swiss_roll

        x, t = make_swiss_roll(self.n, noise=self.noise, random_state=self.split_seed)  # [n, 3], [n]
        x = x if self.dim == 3 else x[:, [0, 2]]
        y = np.floor(t / (np.pi / 2)) - 3
        names = [f"quarter turn {i + 1}" for i in range(6)]
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y).long(), names)
