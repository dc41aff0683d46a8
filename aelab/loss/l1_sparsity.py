"""Sparsity of every code: the sum of its magnitudes."""

from torch import Tensor

from aelab.loss.term import Term, per_sample
from aelab.schedule import Number


class L1Sparsity(Term):
    """‖z‖₁ = Σ_j |z_j| of every sample; λ is the term's weight     [Olshausen & Field 1996]"""

    def __init__(self, weight: Number) -> None:
        super().__init__(weight)

    def forward(self, z: Tensor) -> Tensor:
        return per_sample(z.abs())  # [b]
