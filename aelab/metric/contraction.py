"""How little the code moves with the input."""

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.autograd import grad

from aelab.errors import at_least
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Encode

if TYPE_CHECKING:
    from aelab.system import System

AT_ONCE = 256
"""Rows whose gradients are in memory together."""


class Contraction(Metric):
    """jacobian = mean over samples of ‖∂z/∂x̃‖_F
    saturation = fraction of z in the outer `margin` at either end of their range, if that is bounded

    Exact.     [Rifai et al. 2011, sec. 3 and 5.2]

    rows: at most this many of a split; d backward passes over each, unless the encoder is one layer.
    margin: 0.05 counts what is below 0.05 or above 0.95 of a sigmoid.
    """

    clean, final = True, True

    def __init__(self, rows: int, margin: float) -> None:
        at_least(rows=(rows, 1))
        if not 0 <= margin <= 0.5:
            raise ValueError(f"margin must lie in [0, 0.5], got {margin}")
        self.rows, self.margin = rows, margin
        self.bounds = (-inf, inf)

    def objections(self, system: "System") -> Iterable[str]:
        self.bounds = system.model.latent.bounds  # the one time that a metric sees the model
        return ()

    def reset(self) -> None:
        self.norm, self.samples, self.saturated, self.units = 0.0, 0, 0, 0

    def update(self, x_tilde: Tensor, z: Tensor, encode: Encode) -> None:  # type: ignore[override]
        low, high = self.bounds
        if high - low < inf:
            share = (z - low) / (high - low)
            self.saturated += int(((share < self.margin) | (share > 1 - self.margin)).sum())
            self.units += z.numel()
        left = x_tilde[: self.rows - self.samples]
        for start in range(0, len(left), AT_ONCE):
            self.norm += norms(encode, left[start : start + AT_ONCE]).double().sum().item()
        self.samples += len(left)

    def compute(self) -> dict[str, float]:
        scores = {"jacobian": self.norm / self.samples} if self.samples else {}
        return scores | ({"saturation": self.saturated / self.units} if self.units else {})


@torch.enable_grad()  # whoever scores, does so without
def norms(encode: Encode, x: Tensor) -> Tensor:
    """‖∂z/∂x‖_F of every row: [b, *shape] -> [b]"""
    x = x.detach().requires_grad_()
    code = encode(x)
    short = one_layer(encode, x, code["h"], code["z"])
    if short is not None:
        return short
    squares = (row.square().sum(1) for row in rows_of(code["z"], x))  # d times [b]
    return sum(squares, x.new_zeros(len(x))).sqrt()


def rows_of(z: Tensor, x: Tensor) -> Iterable[Tensor]:
    """∂z_j/∂x for one unit j after the other, [b, n]: never the whole of [b, d, n]."""
    for unit in z.flatten(1).unbind(1):  # samples do not mix: one pass gives the gradient of each
        yield grad(unit.sum(), x, retain_graph=True)[0].flatten(1)


def one_layer(encode: Encode, x: Tensor, h: Tensor, z: Tensor) -> Tensor | None:
    """‖∂z/∂x‖_F = √ Σ_j f'(h_j)² ‖W_j‖² where h = Wx + b and z = f(h) unit by unit; None where not.

    A random direction u tells: uᵀ∂z/∂h must be u ∘ f'(h), and uᵀ∂h/∂x the same for all samples.
    """
    if h.shape != z.shape:
        return None
    u = torch.randn(h.shape[1:], generator=torch.Generator().manual_seed(0)).to(h).expand_as(h)
    slope, pulled = (grad(z, h, v, retain_graph=True, allow_unused=True)[0] for v in (torch.ones_like(h), u))
    if slope is None or not close(pulled, u * slope):
        return None
    (pulled,) = grad(h, x, u, retain_graph=True)
    if not close(pulled, pulled[:1].expand_as(pulled)):
        return None
    copies = x[:1].detach().repeat_interleave(h[0].numel(), 0).requires_grad_()  # copy j is unit j's own
    (w,) = grad(encode(copies)["h"].flatten(1).diagonal().sum(), copies)  # [d, *shape]
    return (slope.flatten(1).square() @ w.flatten(1).square().sum(1)).sqrt()


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-5, atol=1e-5 * float(b.abs().max()))
