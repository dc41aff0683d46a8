"""Whether rows of other kinds than the training's are told by how badly they are rebuilt."""

from collections.abc import Sequence

import torch
from torch import Tensor

from aelab.loss.term import per_sample
from aelab.metric.metric import Metric


class Anomaly(Metric):
    """s = ‖x − x̂‖² of every row, summed over pixels
    auroc = P(s > s') + ½ P(s = s'),  s of an anomaly, s' of a normal row     [Hanley & McNeil 1982]
    average_precision = Σ_k (R_k − R_k−1) P_k over all thresholds, an anomaly being what is to be found
    score_q95 = the value that 95 % of the normal rows' s do not exceed, a threshold of 5 % false alarms

    Of clean inputs, in model units: noise that a denoising model removes is none of a row's own. Without
    `dataset.normal` nothing says which rows are normal; then quantiles are of all rows, and alone.

    quantiles: fractions of the rows, for thresholds.
    """

    clean, final = True, True

    def __init__(self, quantiles: Sequence[float]) -> None:
        for q in quantiles:
            if not 0 <= q <= 1:
                raise ValueError(f"quantiles must lie in [0, 1], got {q:g}")
        self.quantiles = list(quantiles)

    def reset(self) -> None:
        self.scores: list[Tensor] = []
        self.known: list[Tensor] = []

    def update(self, x: Tensor, x_hat: Tensor, anomaly: Tensor | None = None) -> None:  # type: ignore[override]
        self.scores.append(score(x, x_hat).cpu())
        if anomaly is not None:
            self.known.append(anomaly.cpu())

    def compute(self) -> dict[str, float]:
        s = torch.cat(self.scores)
        anomaly = torch.cat(self.known) if self.known else torch.zeros(len(s))
        normal = s[anomaly == 0]
        found = ranking(s[anomaly == 1], normal)
        if len(normal):
            found |= {f"score_q{100 * q:g}": normal.quantile(q).item() for q in self.quantiles}
        return found


def score(x: Tensor, x_hat: Tensor) -> Tensor:
    """‖x − x̂‖² of rows [b, *shape]: [b] float64"""
    return per_sample((x - x_hat).double().square())


def ranking(anomalies: Tensor, normal: Tensor) -> dict[str, float]:
    """How well scores [m] of anomalies and [n] of normal rows tell them apart; nothing without either."""
    m, n = len(anomalies), len(normal)
    if not m or not n:
        return {}
    _, place = torch.cat([anomalies, normal]).unique(return_inverse=True)  # equal scores share a place
    hits, others = (part.bincount(minlength=int(place.max()) + 1).double() for part in place.split([m, n]))
    below = others.cumsum(0) - others / 2
    hits_above, others_above = (counts.flip(0).cumsum(0).flip(0) for counts in (hits, others))
    precision = hits_above / (hits_above + others_above)
    return {
        "auroc": ((hits * below).sum() / (m * n)).item(),
        "average_precision": ((hits * precision).sum() / m).item(),
    }
