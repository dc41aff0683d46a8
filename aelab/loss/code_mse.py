"""Squared error between codes."""

from torch import Tensor

from aelab.loss.term import Term, per_sample


class CodeMSE(Term):
    """‖z − z_high‖² of every sample, summed over the code     [Zeng et al. 2017]

    z is what the low-resolution code was mapped to, z_high the code of x itself.
    """

    def forward(self, z: Tensor, z_high: Tensor) -> Tensor:
        return per_sample((z - z_high) ** 2)  # [b]
