"""Maximum mean discrepancy between the codes and the prior."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from aelab.loss.term import Term
from aelab.model.autoencoder import Prior
from aelab.precision import single
from aelab.processes.group import gathered
from aelab.schedule import Number

Kernel = Literal["imq", "rbf"]


class MMD(Term):
    """MMD²( q(z), p(z) ) = E k(z, z') + E k(z_p, z_p') − 2 E k(z, z_p), unbiased: pairs of different draws

    k(a, b) = Σ_s sC / (sC + ‖a − b‖²) for `imq`, C = 2dσ²; Σ_s exp( −‖a − b‖² / (sC) ) for `rbf`
    [Gretton et al. 2012, lemma 6; Tolstikhin et al. 2018, sec. 4; Zhao et al. 2019: rbf with C = d]

    A statistic of the minibatch, which may come out below 0.

    kernel: imq has the heavier tails, which pull far codes in.
    variance: σ² of the prior; C = 2dσ².
    scales: the s.
    """

    def __init__(self, weight: Number, kernel: Kernel, variance: float, scales: Sequence[float]) -> None:
        super().__init__(weight)
        check(variance, scales)
        self.kernel: Kernel = kernel
        self.variance, self.scales = variance, list(scales)

    def forward(self, z: Tensor, prior: Prior, c: Tensor | None = None) -> Tensor:
        if self.training:
            z, c = gathered(z), None if c is None else gathered(c)
        z = z.flatten(1)
        if len(z) < 2:  # has no pairs
            return 0 * z.sum()
        widths = [2 * z.shape[1] * self.variance * scale for scale in self.scales]
        return mmd(z, prior.sample(len(z), c).to(z), self.kernel, widths)  # []


def check(variance: float, scales: Sequence[float]) -> None:
    if variance <= 0:
        raise ValueError(f"variance must be positive, got {variance}")
    if not scales or min(scales) <= 0:
        raise ValueError(f"scales must be positive and at least one, got {list(scales)}")


def mmd(a: Tensor, b: Tensor, kernel: Kernel, widths: Sequence[float]) -> Tensor:
    """Of a [n, d] and b [m, d], summed over kernels of these widths."""
    n, m = len(a), len(b)
    aa, bb, ab = (gram(*pair, kernel, widths) for pair in ((a, a), (b, b), (a, b)))
    own = [(k.sum() - k.diagonal().sum()) / (len(k) * (len(k) - 1)) for k in (aa, bb)]
    return own[0] + own[1] - 2 * ab.sum() / (n * m)


def gram(a: Tensor, b: Tensor, kernel: Kernel, widths: Sequence[float]) -> Tensor:
    """Σ_widths k(a_i, b_j), [n, m]"""
    squares = distances(a, b)
    if kernel == "imq":
        return sum((w / (w + squares) for w in widths), torch.zeros_like(squares))
    return sum((torch.exp(-squares / w) for w in widths), torch.zeros_like(squares))


def distances(a: Tensor, b: Tensor) -> Tensor:
    """‖a_i − b_j‖², [n, m]"""
    a, b = single(a), single(b)
    with torch.autocast(a.device.type, enabled=False):  # a difference of products: in bf16 all rounding
        squares = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.t()
    return squares.clamp_min(0)
