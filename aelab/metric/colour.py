"""Whether colours are right, and whether there are any."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor

from aelab.colour import lab
from aelab.metric.image import ImageMetric

if TYPE_CHECKING:
    from aelab.system import System


class Colour(ImageMetric):
    """ab_error = √ mean over all pixels of ((a − â)² + (b − b̂)²)/2,  in units of Lab
    chroma = Σ √(â² + b̂²) / Σ √(a² + b²) over all pixels: 0 of grey, 1 where as strong as in x

    A squared error alone is lowest for the mean of all colours that a grey may have had, which is brownish.
    [CIE 015; Zhang et al. 2016, sec. 1]
    """

    def reset(self) -> None:
        self.error, self.told, self.true, self.pixels = 0.0, 0.0, 0.0, 0

    def update(self, x: Tensor, x_hat: Tensor) -> None:  # type: ignore[override]
        ab, ab_hat = (lab(image.double().clamp(0, 1))[:, 1:] for image in (x, x_hat))  # [b, 2, h, w]
        self.error += (ab - ab_hat).square().sum().item() / 2
        self.true += ab.norm(dim=1).sum().item()
        self.told += ab_hat.norm(dim=1).sum().item()
        self.pixels += ab[:, 0].numel()

    def compute(self) -> dict[str, float]:
        found = {"ab_error": (self.error / self.pixels) ** 0.5}
        return found | ({"chroma": self.told / self.true} if self.true else {})

    def objections(self, system: "System") -> Iterable[str]:
        yield from super().objections(system)
        if system.dataset.is_image and system.dataset.shape[0] != 3:
            yield f"needs images of 3 channels, red, green and blue; this data has {system.dataset.shape[0]}"
