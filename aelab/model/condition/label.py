"""The label as condition."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor

from aelab.model.autoencoder import Condition

if TYPE_CHECKING:
    from aelab.system import System


class Label(Condition):
    """c = e_y, one of `classes` unit vectors; 0 where a row has no label     [Sohn et al. 2015]"""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.dim = classes

    def forward(self, y: Tensor) -> Tensor:  # type: ignore[override]
        c = F.one_hot(y.clamp_min(0), self.dim).float()  # [b, classes]
        return c * (y >= 0)[:, None]

    def objections(self, system: "System") -> Iterable[str]:
        if system.dataset.rows.y is None:
            yield "this data has no labels"
