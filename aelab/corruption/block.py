"""A missing rectangle, or one in every cell of a grid, for inpainting."""

from typing import Literal

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption
from aelab.errors import at_least
from aelab.schedule import Number


class Block(Corruption):
    """x̃ = x outside a rectangle and `value` inside; `mask` [b, 1, h, w] is 1 where x is missing

    strength: the rectangle's sides as a fraction of the image's, or of a cell's.
    position: `random`, anew for every image and cell, or `centre`.
    every: the side of the cells in pixels, from the top left; null for one cell, the whole image. Patches of
        this side and whole photos are damaged alike.
    """

    gives = ("mask",)

    def __init__(
        self,
        strength: Number,
        value: float = 0.0,
        position: Literal["random", "centre"] = "random",
        every: int | None = None,
        clip: list[float] | None = None,
        always: bool = False,
    ) -> None:
        super().__init__(strength, clip, always)
        if every is not None:
            at_least(every=(every, 1))
        self.value, self.position, self.every = value, position, every

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"a block is cut out of images; these rows are vectors {list(shape)}")
        return shape

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        b, _, h, w = x.shape
        height, width = self.every or h, self.every or w
        i, j = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
        cells = b, -(-h // height), -(-w // width)
        tops, lefts = (self.starts(cells, side, x.device) for side in (height, width))
        row, column = (i // height)[:, None], j // width  # of the cell that a pixel is in
        rows = self.covered((i % height)[:, None], tops[:, row, column], height)
        mask = (rows & self.covered(j % width, lefts[:, row, column], width))[:, None]  # [b, 1, h, w]
        return torch.where(mask, self.value, x), mask.to(x.dtype)

    def starts(self, cells: tuple[int, int, int], side: int, device: torch.device) -> Tensor:
        """[b, rows, columns]: where along the side of each cell the block begins."""
        free = side - round(self.strength * side)
        if self.position == "centre":
            return torch.full(cells, free // 2, device=device)
        return torch.randint(0, free + 1, cells, device=device)

    def covered(self, places: Tensor, start: Tensor, side: int) -> Tensor:
        """Which places along the side of a cell its block covers."""
        return (places >= start) & (places < start + round(self.strength * side))
