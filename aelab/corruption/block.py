"""A missing square, for inpainting."""

from typing import Literal

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption
from aelab.schedule import Number


class Block(Corruption):
    """x̃ = x outside a rectangle and `value` inside; `mask` [b, 1, h, w] is 1 where x is missing

    strength: the rectangle's sides as a fraction of the image's.
    position: `random`, anew for every image, or `centre`.
    """

    gives = ("mask",)

    def __init__(
        self,
        strength: Number,
        value: float = 0.0,
        position: Literal["random", "centre"] = "random",
        clip: list[float] | None = None,
        always: bool = False,
    ) -> None:
        super().__init__(strength, clip, always)
        self.value, self.position = value, position

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"a block is cut out of images; these rows are vectors {list(shape)}")
        return shape

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        b, _, h, w = x.shape
        rows, columns = self.inside(b, h, x.device), self.inside(b, w, x.device)
        mask = rows[:, None, :, None] & columns[:, None, None, :]  # [b, 1, h, w]
        return torch.where(mask, self.value, x), mask.to(x.dtype)

    def inside(self, b: int, n: int, device: torch.device) -> Tensor:
        """[b, n]: which of n places along one side the block covers."""
        side = round(self.strength * n)
        if self.position == "centre":
            start = torch.full((b, 1), (n - side) // 2, device=device)
        else:
            start = torch.randint(0, n - side + 1, (b, 1), device=device)
        places = torch.arange(n, device=device)
        return (places >= start) & (places < start + side)
