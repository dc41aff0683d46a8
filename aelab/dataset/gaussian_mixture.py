"""Gaussians around a circle."""

import math
from typing import Any

import numpy as np
import torch

from aelab.dataset.points import Points
from aelab.dataset.rows import Rows


class GaussianMixture(Points):
    """x ~ 1/K Σₖ N(μₖ, noise² I),  μₖ = radius · (cos 2πk/K, sin 2πk/K); y = k

    components: K, each of as many points.
    radius: of the circle of their means.
    """

    def __init__(self, components: int, radius: float, **points: Any) -> None:
        super().__init__(**points)
        if not 1 <= components <= self.n:
            raise ValueError(f"components must lie in [1, n = {self.n}], got {components}")
        if not 0 <= radius < math.inf:
            raise ValueError(f"radius must be finite and not negative, got {radius}")
        self.components, self.radius = components, radius

    def read(self) -> Rows:
        y = np.arange(self.n) % self.components
        angle = 2 * np.pi * y / self.components
        means = self.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)  # [n, 2]
        x = means + self.noise * np.random.default_rng(self.split_seed).standard_normal((self.n, 2))
        names = [f"component {k}" for k in range(self.components)]
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y).long(), names)
