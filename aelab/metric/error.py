"""How often a classifier is wrong."""

from torch import Tensor

from aelab.metric.metric import Metric


class Error(Metric):
    """The fraction of rows whose largest logit is not their label's, on clean inputs

    Rows without a label, y = −1, are left out.
    """

    clean = True

    def reset(self) -> None:
        self.wrong, self.rows = 0, 0

    def update(self, logits: Tensor, y: Tensor) -> None:  # type: ignore[override]
        known = y >= 0
        self.wrong += int((logits.argmax(1) != y)[known].sum())
        self.rows += int(known.sum())

    def compute(self) -> dict[str, float]:
        return {"error": self.wrong / self.rows} if self.rows else {}
