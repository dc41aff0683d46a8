"""Absolute error."""

from torch import Tensor

from aelab.loss.term import Distance


class L1(Distance):
    """‖x − x̂‖₁ of every sample, summed over pixels or their mean"""

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return self.reduced((x_hat - x).abs())  # [b]
