"""One colour for all pixels: the other thing that a colorizer must be better than."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from aelab.baseline.baseline import Baseline
from aelab.colour import from_lab, lab
from aelab.dataset.dataset import Dataset


class MeanColour(Baseline):
    """x̂ of the lightness of x̃ and everywhere the mean a and b of x, in Lab

    Of all answers that ignore the grey image, the one whose squared error in a and b is smallest.
    """

    restores, reshapes, places, rows = True, True, False, 4096

    def objections(self, dataset: Dataset) -> Iterator[str]:
        if not dataset.is_image or dataset.shape[0] != 3:
            yield f"needs images of 3 channels, red, green and blue; this data has {list(dataset.shape)}"

    def tune(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        means = [self.lab(x)[0, 1:].mean((1, 2)) for x, _ in pairs]
        self.ab = torch.stack(means).mean(0)[None, :, None, None]

    def restore(self, x_tilde: np.ndarray) -> np.ndarray:
        lightness = self.lab(x_tilde)[:, :1]
        return from_lab(torch.cat([lightness, self.ab.expand(1, 2, *lightness.shape[2:])], 1))[0].numpy()

    def lab(self, image: np.ndarray) -> Tensor:
        """[1, 3, h, w] of [c, h, w], grey or not."""
        rgb = torch.from_numpy(np.ascontiguousarray(image))[None]
        return lab(rgb.expand(1, 3, *rgb.shape[2:]).clamp(0, 1))
