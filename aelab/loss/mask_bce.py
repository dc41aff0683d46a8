"""Where the foreground is, asked of the gate."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Term, per_sample


class MaskBCE(Term):
    """−Σ_i (1 − s_i) log g_i + s_i log(1 − g_i),  g = σ(gate), 1 outside the foreground s

    The authors' code weighs it 0.3.     [Yan et al. 2016]
    """

    over_pixels = True

    def forward(self, segment: Tensor, gate_logits: Tensor) -> Tensor:
        each = F.binary_cross_entropy_with_logits(gate_logits, 1 - segment, reduction="none")
        return per_sample(each)  # [b]
