"""Binary cross-entropy: the Bernoulli likelihood."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Likelihood
from aelab.trace import Trace


class BCE(Likelihood):
    """−log p(x given z) = −Σ_i x_i log p_i + (1 − x_i) log(1 − p_i),  p = sigmoid(logits)

    [Kingma & Welling 2014, App. C.1]. A probability for binary x; for grey x in [0, 1] the
    cross-entropy that papers report under the same name.
    """

    link = "sigmoid"
    unit = True

    def forward(self, x: Tensor, x_logits: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.summed(F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"), mask)  # [b]

    def log_prob(self, x: Tensor, decoded: Trace) -> Tensor:
        return -self(x, decoded["x_logits"], decoded.get("mask"))
