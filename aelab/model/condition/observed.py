"""The observed part of an image as condition, of which the rest is to be predicted."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from torch import Tensor

from aelab.model.autoencoder import Condition

if TYPE_CHECKING:
    from aelab.system import System


class Observed(Condition):
    """c = x̃, what a corruption left of x, flat; the encoder sees all of x     [Sohn et al. 2015, sec. 5.1]"""

    reads = ("x_tilde",)
    seen = "x"

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.dim = prod(shape)

    def forward(self, x_tilde: Tensor) -> Tensor:  # type: ignore[override]
        return x_tilde.flatten(1)

    def objections(self, system: "System") -> Iterable[str]:
        if not system.corruption.chain:
            yield "is what a corruption leaves of x, and this run has none; corruption=quadrants hides parts"
