"""Attributes as condition."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor

from aelab.model.autoencoder import Condition

if TYPE_CHECKING:
    from aelab.system import System


class Attributes(Condition):
    """c = the numbers that the data knows of each picture, by name     [Yan et al. 2016]"""

    reads = ("attributes",)

    def __init__(self, attributes: int) -> None:
        super().__init__()
        self.dim = max(attributes, 1)  # of data without any, which is refused, nets can still be made

    def forward(self, attributes: Tensor) -> Tensor:  # type: ignore[override]
        return attributes  # [b, k]

    def objections(self, system: "System") -> Iterable[str]:
        if system.dataset.rows.attributes is None:
            yield "this data has no attributes; dataset=coloured_shapes and dataset=celeba have"
