"""Structural similarity of reconstructed images."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from aelab.metric.image import ImageMetric

AT_ONCE = 128
"""Images whose windows are in memory together."""
PIXELS = 2**19
"""Of a large image, the same."""


class SSIM(ImageMetric):
    """ssim = mean over samples and pixels of l·s, where
    l = (2μ_x μ_x̂ + c₁) / (μ_x² + μ_x̂² + c₁),  s = (2σ_xx̂ + c₂) / (σ_x² + σ_x̂² + c₂)

    Means and variances under a Gaussian window around each pixel; c₁ = 0.01², c₂ = 0.03²: images in [0, 1].
    The window is 11 pixels wide with σ = 1.5; in images smaller than that it is the largest odd width that
    fits, and σ shrinks with it.     [torchmetrics; Wang et al. 2004, eq. 13]
    """

    def reset(self) -> None:
        self.total, self.samples = 0.0, 0

    def update(self, x: Tensor, x_hat: Tensor) -> None:  # type: ignore[override]
        self.total += ssim_map(x, x_hat).flatten(1).mean(1).double().sum().item()
        self.samples += len(x)

    def compute(self) -> dict[str, float]:
        return {"ssim": self.total / self.samples} if self.samples else {}


def ssim_map(x: Tensor, x_hat: Tensor) -> Tensor:
    """The similarity around each pixel, images mirrored at their edges: [b, c, h, w]"""
    # takes a second to import
    from torchmetrics.functional.image import structural_similarity_index_measure as similarity

    h, w = x.shape[-2:]
    width, rows = window(h, w), max(64, PIXELS // w)

    def strip(a: Tensor, b: Tensor, top: int) -> Tensor:
        first = max(0, top - width)  # what a window of these rows sees
        a, b = (image[..., first : top + rows + width, :].float() for image in (a, b))
        sigma = 1.5 * width / 11
        with single_convolutions():
            whole = similarity(b, a, sigma=sigma, data_range=1.0, reduction="none", return_full_image=True)[1]
        return whole[..., top - first : top - first + rows, :]

    maps = [
        torch.cat([strip(a, b, top) for top in range(0, h, rows)], -2)
        for a, b in zip(x.split(AT_ONCE), x_hat.split(AT_ONCE), strict=True)
    ]
    return torch.cat(maps)


@contextmanager
def single_convolutions() -> Iterator[None]:
    """In full: a GPU rounds what they multiply to 10 bits, and σ² = E x² − μ² is a small difference."""
    cudnn = torch.backends.cudnn
    with cudnn.flags(cudnn.enabled, cudnn.benchmark, deterministic=cudnn.deterministic, allow_tf32=False):
        yield


def window(h: int, w: int) -> int:
    """The largest odd width up to 11 that fits into both sides."""
    side = min(h, w, 11)
    return side - (side + 1) % 2
