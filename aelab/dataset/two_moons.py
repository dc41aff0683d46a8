"""Two half circles that reach into each other."""

import torch

from aelab.dataset.points import Points
from aelab.dataset.rows import Rows


class TwoMoons(Points):
    """(cos t, sin t) and (1 − cos t, 1/2 − sin t) for t in [0, π], plus noise · ε,  ε ~ N(0, I); y = moon

    The points are those of scikit-learn's make_moons.
    """

    def read(self) -> Rows:
        from sklearn.datasets import make_moons

        x, y = make_moons(self.n, noise=self.noise, random_state=self.split_seed)
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y).long(), ["upper moon", "lower moon"])
