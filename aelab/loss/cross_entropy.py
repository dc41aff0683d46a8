"""Cross-entropy of a classifier."""

import torch.nn.functional as F
from torch import Tensor

from aelab.loss.term import Term


class CrossEntropy(Term):
    """−log softmax(logits)_y"""

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(logits, y, reduction="none")  # [b]
