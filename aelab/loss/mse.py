"""Squared error."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Term, per_sample


class MSE(Term):
    """‖x − x̂‖² of every sample, summed over pixels     [Hinton & Salakhutdinov 2006, Fig. 2]

    The metric `mse` is the same per pixel.
    """

    over_pixels = True

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return per_sample(F.mse_loss(x_hat, x, reduction="none"))  # [b]
