"""The foreground alone, where the data knows which pixels it is."""

from torch import Tensor

from aelab.loss.smooth_l1 import SmoothL1


class Foreground(SmoothL1):
    """Σ_i e_i²/(2β) where |e_i| < β, else |e_i| − β/2, with e = x_F − s ⊙ x     [Yan et al. 2016]"""

    def forward(self, x: Tensor, segment: Tensor, x_foreground: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x * segment, x_foreground)  # [b]
