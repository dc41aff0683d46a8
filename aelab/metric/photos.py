"""Whole photos, restored tile by tile, against what they were before."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.colour import luminance
from aelab.errors import at_least
from aelab.metric.image import ImageMetric
from aelab.metric.psnr import psnr
from aelab.metric.ssim import ssim_map

if TYPE_CHECKING:
    from aelab.system import System


class Photos(ImageMetric):
    """photo_psnr, photo_ssim = means over the whole photos of a split of `psnr` and `ssim` of x̂ against x
    <before>_psnr, <before>_ssim = the same of x̃, where it has the size of x; grey stands for all colours

    x̂ and x̃ count as a file would hold them, clipped to [0, 1] and rounded to 8 bits.

    shave: pixels of each border that are left out; null for those that the corruption takes together, as
        papers on super-resolution leave out as many as the factor, else 0.
    luminance: whether colour photos are compared in the Y of BT.601 alone.
    before: what the scores of x̃ are called.
    """

    whole = True
    final = True

    def __init__(self, shave: int | None, luminance: bool, before: str) -> None:
        at_least(shave=(shave or 0, 0))
        if before == "photo" or not before.isidentifier():
            raise ValueError(f"before must be a word other than photo, got '{before}'")
        self.shave, self.luminance, self.before = shave, luminance, before
        self.margin = shave or 0

    def objections(self, system: "System") -> Iterable[str]:
        shortest, multiple = system.dataset.shortest, system.corruption.multiple
        if self.shave is None:  # the one time that a metric sees the corruption
            self.margin = multiple if multiple > 1 else 0
        if not system.dataset.has_photos:
            yield "needs whole photos; dataset=photos has them, unless centred or binarized"
        elif 2 * self.margin >= shortest - shortest % multiple:
            yield f"leaves out {self.margin} pixels of each border, and a photo has {shortest}; lower shave"
        yield from super().objections(system)

    def reset(self) -> None:
        self.scores: dict[str, list[float]] = {}

    def update(self, x: Tensor, x_hat: Tensor, x_tilde: Tensor | None = None) -> None:  # type: ignore[override]
        self.add("photo", x, x_hat)
        if x_tilde is not None and (shown := like(x_tilde, x)) is not None:
            self.add(self.before, x, shown)

    def add(self, name: str, x: Tensor, shown: Tensor) -> None:
        """Both [1, c, H, W]"""
        a, b = (self.compared(image) for image in (x, in_bytes(shown)))
        for score, value in (("psnr", psnr((a - b).square().mean())), ("ssim", ssim_map(a, b).mean())):
            self.scores.setdefault(f"{name}_{score}", []).append(value.item())

    def compared(self, image: Tensor) -> Tensor:
        h, w = (side - self.margin for side in image.shape[-2:])
        image = image.double()[..., self.margin : h, self.margin : w]
        return luminance(image) if self.luminance and image.shape[1] == 3 else image

    def compute(self) -> dict[str, float]:
        return {name: torch.tensor(values).mean().item() for name, values in self.scores.items()}


def in_bytes(image: Tensor) -> Tensor:
    """What a file of 8 bits would hold, in [0, 1]."""
    return (255 * image.clamp(0, 1)).round() / 255


def like(x_tilde: Tensor, x: Tensor) -> Tensor | None:
    """x̃ with as many channels as x, where it is grey; None where it cannot be compared."""
    fits = x_tilde.shape[-2:] == x.shape[-2:] and x_tilde.shape[1] in (1, x.shape[1])
    return x_tilde.expand_as(x) if fits else None
