"""A prior that is a rolled up line in the plane."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from aelab.model.autoencoder import Prior


class SwissRoll(Prior):
    """z = radius · √u · (cos t, sin t) + noise · ε,  t = 2π · turns · √u,  u ~ U[0, 1],  ε ~ N(0, I)

    √u makes it as dense outside as inside. Only to be drawn from.     [Makhzani et al. 2016, fig. 2]
    """

    dense = False

    def __init__(self, dim: int, turns: float, radius: float, noise: float) -> None:
        super().__init__()
        if dim != 2:
            raise ValueError(f"lies in the plane, model.latent.dim=2, got dim={dim}")
        for name, value in (("turns", turns), ("radius", radius)):
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}")
        if not 0 <= noise < math.inf:
            raise ValueError(f"noise must be finite and not negative, got {noise}")
        self.turns, self.radius, self.noise = turns, radius, noise
        self.register_buffer("place", torch.zeros(2), persistent=False)  # the device and dtype of draws

    def given(self, c: Tensor | None = None) -> Distribution:
        raise NotImplementedError("the swiss_roll prior has no density, only draws")

    def sample(self, n: int, c: Tensor | None = None) -> Tensor:
        assert isinstance(self.place, Tensor)
        out = self.place.new_empty(n).uniform_().sqrt()  # √u, [n]
        t = 2 * math.pi * self.turns * out
        z = self.radius * out[:, None] * torch.stack([t.cos(), t.sin()], dim=1)
        return z + self.noise * torch.randn_like(z)
