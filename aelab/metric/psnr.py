"""Peak signal-to-noise ratio of reconstructed images."""

from torch import Tensor

from aelab.metric.image import ImageMetric

CAP = 100.0
"""dB of an exact copy, whose ratio is infinite."""


class PSNR(ImageMetric):
    """psnr = mean over samples of −10 log10( mean over pixels of (x − x̂)² ), in dB

    Of images in [0, 1], whose peak is 1; at most 100.     [Wang et al. 2004, sec. I]
    """

    def reset(self) -> None:
        self.total, self.samples = 0.0, 0

    def update(self, x: Tensor, x_hat: Tensor) -> None:  # type: ignore[override]
        self.total += psnr((x - x_hat).double().square().flatten(1).mean(1)).sum().item()
        self.samples += len(x)

    def compute(self) -> dict[str, float]:
        return {"psnr": self.total / self.samples} if self.samples else {}


def psnr(mse: Tensor) -> Tensor:
    """dB of mean squared errors, any shape."""
    return (-10 * mse.log10()).clamp(max=CAP)
