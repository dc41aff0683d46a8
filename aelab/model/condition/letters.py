"""The ASCII code of a letter as condition."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.model.autoencoder import Condition

if TYPE_CHECKING:
    from aelab.system import System

BITS = 7


class Letters(Condition):
    """c = the 7 bits of the ASCII code of the class's name, highest first: "A" is 1000001

    names: of the classes, each a character.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.dim, self.names = BITS, names
        codes = torch.tensor([ord(name[:1] or " ") for name in names] or [0])
        table = codes[:, None] >> torch.arange(BITS - 1, -1, -1) & 1
        self.table: Tensor  # [classes, 7]
        self.register_buffer("table", table.float(), persistent=False)

    def forward(self, y: Tensor) -> Tensor:  # type: ignore[override]
        return self.table[y.clamp_min(0)] * (y >= 0)[:, None]

    def objections(self, system: "System") -> Iterable[str]:
        if system.dataset.rows.y is None:
            yield "this data has no labels"
        elif not self.names or any(len(name) != 1 or ord(name) > 127 for name in self.names):
            yield f"needs classes named by one ASCII character each, these are {self.names}"
