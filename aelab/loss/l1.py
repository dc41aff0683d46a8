"""Absolute error."""

from torch import Tensor

from aelab.loss.term import Term, per_sample


class L1(Term):
    """‖x − x̂‖₁ of every sample, summed over pixels"""

    over_pixels = True

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return per_sample((x_hat - x).abs())  # [b]
