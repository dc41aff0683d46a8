"""How often a classifier is wrong, and how sure of it."""

import torch.nn.functional as F
from torch import Tensor

from aelab.metric.metric import Metric


class Error(Metric):
    """error = fraction of rows whose largest logit is not their label's
    cross_entropy = mean over rows of −log softmax(logits)_y, in nats

    On clean inputs; rows without a label, y = −1, are left out.
    """

    clean = True

    def reset(self) -> None:
        self.wrong, self.nats, self.rows = 0, 0.0, 0

    def update(self, logits: Tensor, y: Tensor) -> None:  # type: ignore[override]
        known = y >= 0
        logits, y = logits[known].float(), y[known]
        self.wrong += int((logits.argmax(1) != y).sum())
        self.nats += F.cross_entropy(logits, y, reduction="sum").item()
        self.rows += len(y)

    def compute(self) -> dict[str, float]:
        if not self.rows:
            return {}
        return {"error": self.wrong / self.rows, "cross_entropy": self.nats / self.rows}
