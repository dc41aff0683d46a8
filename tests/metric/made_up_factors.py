"""Codes made of factors: what every metric of disentanglement is asked."""

import torch
from torch import Tensor

from aelab.metric.factors import FactorMetric

SIZES = (3, 4, 8, 8)


def factors(n: int = 4000, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> Tensor:
    """[n, k], independent and uniform"""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randint(size, (n,), generator=generator) for size in sizes], dim=1)


def perfect(v: Tensor) -> Tensor:
    """A dimension for each factor, in another order, turned and scaled; two dead ones and a noisy one."""
    z = v.roll(1, 1).double() * torch.tensor([-3.0, 0.5, 10.0, 1.0]) + 7
    noise = torch.randn(len(v), 1, generator=torch.Generator().manual_seed(1))
    return torch.cat([z, torch.full((len(v), 1), 0.1), 0 * noise, 0.5 * noise], dim=1).float()


def mixed(v: Tensor) -> Tensor:
    """Sum and difference of two factors each: every dimension knows as much of one as of the other."""
    z = (v - v.double().mean(0)) / v.double().std(0)
    return torch.stack(
        [z[:, 0] + z[:, 1], z[:, 0] - z[:, 1], z[:, 2] + z[:, 3], z[:, 2] - z[:, 3]], 1
    ).float()


def random(v: Tensor, d: int = 6) -> Tensor:
    return torch.randn(len(v), d, generator=torch.Generator().manual_seed(2))


def scored(metric: FactorMetric, z: Tensor, v: Tensor, size: int = 1000) -> dict[str, float]:
    metric.reset()
    for a, b in zip(z.split(size), v.split(size), strict=True):
        metric.update(a, b)
    return metric.compute()
