"""Missing quadrants, to be predicted from those that are there."""

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption


class Quadrants(Corruption):
    """x̃ = x in the observed quadrants and 0 in the others; `mask` [b, 1, h, w] is 1 where x is missing

    [Sohn et al. 2015, sec. 5.1]

    observed: 1, the bottom left quadrant; 2, the whole left half; 3, all but the bottom right one.
    """

    gives = ("mask",)

    def __init__(self, observed: int, always: bool = True) -> None:
        super().__init__(1.0, None, always)
        if not 1 <= observed <= 3:
            raise ValueError(
                f"observed: an image has 4 quadrants, of which 1 to 3 are observed; got {observed}"
            )
        self.observed = observed

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"quadrants are of images; these rows are vectors {list(shape)}")
        return shape

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = hidden_pixels(self.observed, *x.shape[-2:]).to(x)  # [1, h, w]
        return x * (1 - hidden), hidden.expand(len(x), 1, *x.shape[-2:])


def hidden_pixels(observed: int, h: int, w: int) -> Tensor:
    """1 where nothing is observed, [1, h, w]"""
    hidden = torch.zeros(1, h, w)
    top, left = slice(0, h // 2), slice(0, w // 2)
    bottom, right = slice(h // 2, h), slice(w // 2, w)
    for i, (rows, columns) in enumerate(((bottom, right), (top, right), (top, left))):
        if i < 4 - observed:
            hidden[:, rows, columns] = 1
    return hidden
