"""Blur, as of a lens out of focus."""

from functools import lru_cache

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption


class Blur(Corruption):
    """x̃ = x ∗ N(0, σ²I), borders reflected at the outermost pixels; strength is σ, in pixels

    The kernel ends at 4σ and sums to 1. It is separable: a matrix for each side, whatever σ and borders.
    """

    limits = (0.0, float("inf"))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"a blur is of images; these rows are vectors {list(shape)}")
        return shape

    def forward(self, x: Tensor) -> Tensor:
        return blurred(x, self.strength)


def blurred(x: Tensor, sigma: float) -> Tensor:
    """x [b, c, h, w] convolved with a Gaussian."""
    if sigma == 0:
        return x
    rows, columns = (gaussian(n, sigma, x.dtype, x.device) for n in x.shape[-2:])
    with torch.autocast(x.device.type, enabled=False):  # bf16 has fewer grey levels than a photo
        return rows @ x @ columns.T


@lru_cache(maxsize=16)
def gaussian(n: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[n, n]: the weight of every pixel along a side in every blurred one."""
    radius = int(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1)
    kernel = torch.softmax(-0.5 * (offsets.double() / sigma) ** 2, 0)
    places = (torch.arange(n)[:, None] + offsets) % max(2 * n - 2, 1)  # [n, 2 radius + 1]
    inside = torch.minimum(places, (2 * n - 2 - places).abs())  # where a reflected place lies
    weights = torch.zeros(n, n, dtype=torch.float64)
    return weights.scatter_add_(1, inside, kernel.expand(n, -1)).to(device, dtype)
