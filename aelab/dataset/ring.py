"""A ring in the plane, made of a Gaussian."""

import numpy as np
import torch

from aelab.dataset.points import Points
from aelab.dataset.rows import Rows


class Ring(Points):
    """x = z / ‖z‖ + noise · z,  z ~ N(0, I₂); noise = 1/10 is the lecture's     [Doersch 2016, fig. 2]"""

    def read(self) -> Rows:
        z = np.random.default_rng(self.split_seed).standard_normal((self.n, 2))
        x = z / np.linalg.norm(z, axis=1, keepdims=True) + self.noise * z
        return Rows(torch.from_numpy(x).float())
