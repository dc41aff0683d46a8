"""How sharp the images are that a model draws."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from aelab.metric.generated import drawn
from aelab.metric.image import ImageMetric
from aelab.model.autoencoder import Decode, Prior

if TYPE_CHECKING:
    from aelab.system import System


class Sharpness(ImageMetric):
    """sharpness = mean over draws of Var_pixels( ∇² x̂ ),  x̂ = decode(z), z ~ p(z)
    sharpness_data, sharpness_reconstruction = the same of the rows x and of their x̂

    ∇²: the differences to the four neighbours, summed; colours are averaged to grey before. Blurred images
    have less of it, and noisy ones more.     [Tolstikhin et al. 2018, app. D]
    """

    final = True

    def objections(self, system: "System") -> Iterable[str]:
        yield from super().objections(system)
        shape = system.dataset.shape
        if system.dataset.is_image and min(shape[1:]) < 3:
            yield f"needs images of 3 x 3 pixels at least; these are {list(shape)}"

    def reset(self) -> None:
        self.totals, self.n = dict.fromkeys(NAMES, 0.0), 0

    def update(  # type: ignore[override]
        self, x: Tensor, x_hat: Tensor, prior: Prior, decode: Decode, c: Tensor | None = None
    ) -> None:
        for name, images in zip(NAMES, (drawn(x, prior, decode, c), x, x_hat), strict=True):
            self.totals[name] += sharpness(images).sum().item()
        self.n += len(x)

    def compute(self) -> dict[str, float]:
        return {name: total / self.n for name, total in self.totals.items()} if self.n else {}


NAMES = ("sharpness", "sharpness_data", "sharpness_reconstruction")


def sharpness(images: Tensor) -> Tensor:
    """Of each, [b, c, h, w] -> [b]"""
    laplace = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=torch.float64, device=images.device)
    grey = images.double().mean(1, keepdim=True)
    return F.conv2d(grey, laplace[None, None]).flatten(1).var(1, correction=0)
