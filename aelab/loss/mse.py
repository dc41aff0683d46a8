"""Squared error."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Distance


class MSE(Distance):
    """‖x − x̂‖² of every sample, summed over pixels or their mean     [Hinton & Salakhutdinov 2006, Fig. 2]

    The metric `mse` is the mean.
    """

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return self.reduced(F.mse_loss(x_hat, x, reduction="none"))  # [b]
