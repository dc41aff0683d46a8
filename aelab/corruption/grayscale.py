"""The colour taken out, to be put in again: colorization."""

from torch import Tensor

from aelab.colour import luma
from aelab.corruption.corruption import Corruption


class Grayscale(Corruption):
    """x̃ = 0.299 R + 0.587 G + 0.114 B  [b, 1, h, w], of x [b, 3, h, w]     [BT.601]

    The luma of the values as they are stored, so that a user's own grey photo is such an x̃; the L of Lab is
    another grey.
    """

    enters = True  # a colour photo loses its own colours

    def __init__(self, clip: list[float] | None = None, always: bool = True) -> None:
        super().__init__(1.0, clip, always)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"takes the colour out of images; these rows are vectors {list(shape)}")
        if shape[0] != 3:
            raise ValueError(f"takes images of 3 channels, red, green and blue; this data has {shape[0]}")
        return 1, *shape[1:]

    def forward(self, x: Tensor) -> Tensor:
        return luma(x)
