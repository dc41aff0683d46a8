"""How well the missing part of an image is filled in."""

from torch import Tensor

from aelab.metric.image import ImageMetric
from aelab.metric.psnr import psnr
from aelab.metric.ssim import ssim_map


class Hole(ImageMetric):
    """hole_psnr = mean over samples of −10 log10( mean over hidden pixels of (x − x̂)² ), in dB
    hole_ssim = mean over samples of the mean over hidden pixels of the SSIM map

    Hidden pixels are those with mask 1; an image without any is left out. SSIM's windows look over the hole's
    rim, at what x̂ makes of the pixels that were there. Images in [0, 1].
    """

    def reset(self) -> None:
        self.decibels, self.similarity, self.samples = 0.0, 0.0, 0

    def update(self, x: Tensor, x_hat: Tensor, mask: Tensor) -> None:  # type: ignore[override]
        hidden = mask.flatten(1).any(1)  # [b]
        if not hidden.any():
            return
        x, x_hat, mask = x[hidden], x_hat[hidden], mask[hidden].expand_as(x[hidden])
        self.decibels += psnr(inside((x - x_hat).square(), mask)).sum().item()
        self.similarity += inside(ssim_map(x, x_hat), mask).sum().item()
        self.samples += len(x)

    def compute(self) -> dict[str, float]:
        if not self.samples:
            return {}
        return {
            "hole_psnr": self.decibels / self.samples,
            "hole_ssim": self.similarity / self.samples,
        }


def inside(values: Tensor, mask: Tensor) -> Tensor:
    """The mean over each image's hidden pixels: [b, c, h, w] -> [b]"""
    hidden = mask.flatten(1).double()
    return (values.flatten(1) * hidden).sum(1) / hidden.sum(1)
