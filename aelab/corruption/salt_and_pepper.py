"""Salt-and-pepper noise."""

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruption
from aelab.schedule import Number


class SaltAndPepper(Corruption):
    """x̃ = x with every entry set, with probability ν, to `low` or `high` by a fair coin; strength is ν

    [Vincent et al. 2010, sec. 3.3]
    """

    def __init__(
        self,
        strength: Number,
        low: float = 0.0,
        high: float = 1.0,
        clip: list[float] | None = None,
        always: bool = False,
    ) -> None:
        super().__init__(strength, clip, always)
        if low >= high:
            raise ValueError(f"low must lie under high, got {low} and {high}")
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        u = torch.rand_like(x)  # one draw decides both whether and which
        x_tilde = torch.where(u < self.strength, self.high, x)
        return torch.where(u < self.strength / 2, self.low, x_tilde)
