"""Weight decay as a term, so that it shows beside the others."""

import torch
from torch import Tensor

from aelab.loss.term import Term
from aelab.schedule import Number


class WeightDecay(Term):
    """½ Σ ‖W‖² over the weights, not the biases; λ is the term's weight     [Krogh & Hertz 1991]"""

    def __init__(self, weight: Number) -> None:
        super().__init__(weight)

    def forward(self, weights: tuple[Tensor, ...]) -> Tensor:
        if not weights:
            return torch.zeros(())
        return 0.5 * torch.stack([w.square().sum() for w in weights]).sum()  # []
