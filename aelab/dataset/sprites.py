"""Black and white images with known factors, an image in 512 bytes."""

from typing import Any

import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.split import some

SIDE = 64
SIZES = {"shape": 3, "scale": 6, "orientation": 40, "position_x": 32, "position_y": 32}
"""The factors, the slowest first, and how many values each takes."""
CLASSES = ["square", "ellipse", "heart"]
TOTAL = 737_280


class Sprites(Dataset):
    """One shape in 64 x 64 pixels; row = (((shape·6 + scale)·40 + orientation)·32 + x)·32 + y, y = shape

    Scales go from 1/2 to 1, orientations from 0 to 2π and positions from 0 to 1 in equal steps, so that the
    last orientation looks like the first.     [Matthey et al. 2017, dSprites]

    rows.x holds packed bits, [n, 512]: 360 MiB for all; what leaves it is [b, 1, 64, 64], black 0, white 255.

    n: so many images, drawn by split_seed; null for all 737,280.
    """

    def __init__(self, n: int | None, **common: Any) -> None:
        super().__init__(**common)
        if n is not None and not 10 <= n <= TOTAL:
            raise ValueError(f"n must lie between 10 and {TOTAL}, or be null for all, got {n}")
        self.n = n

    def chosen(self, total: int) -> Tensor:
        """The numbers of the images, [n], ascending."""
        return some(torch.arange(total), self.n, self.split_seed)

    def rows_of(self, bits: Tensor, factors: Tensor) -> Rows:
        """From bits [n, 512] uint8 and factors [n, 5] int64."""
        return Rows(bits, factors[:, 0].clone(), CLASSES, factors=factors, factor_names=list(SIZES))

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, SIDE, SIDE)

    def stored(self, rows: Tensor) -> Tensor:
        """[b, 1, 64, 64]: the bits of each byte, its highest the leftmost pixel."""
        bits = super().stored(rows)  # [b, 512]
        places = torch.arange(7, -1, -1, dtype=torch.uint8, device=bits.device)
        pixels = (bits.unsqueeze(-1) >> places).bitwise_and_(1).mul_(255)  # [b, 512, 8]
        return pixels.view(-1, 1, SIDE, SIDE)

    def binarize_once(self, raw: Tensor) -> None:
        """A pixel that is 0 or 1 is its own draw; a user's own images may be grey."""
        if raw is not self.rows.x:
            super().binarize_once(raw)
