"""How far the codes of a split are from the prior."""

from collections.abc import Sequence

from torch import Tensor

from aelab.loss.mmd import MMD, Kernel
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Prior

AT_ONCE = 1000
"""Rows whose pairs are in memory together."""


class PriorMMD(Metric):
    """prior_mmd = MMD²( q(z), p(z) ) of the codes, draws where q(z given x) is a distribution

    The mean over blocks of at most 1000 rows of the unbiased statistic that `loss=mmd` minimises: unbiased
    itself, and around 0 where codes and prior agree.     [Gretton et al. 2012, lemma 6; Zaremba et al. 2013]

    kernel, variance, scales: as of `loss=mmd`.
    """

    final = True

    def __init__(self, kernel: Kernel, variance: float, scales: Sequence[float]) -> None:
        self.term = MMD(1.0, kernel, variance, scales)

    def reset(self) -> None:
        self.total, self.n = 0.0, 0

    def update(self, z: Tensor, prior: Prior, c: Tensor | None = None) -> None:  # type: ignore[override]
        for start in range(0, len(z), AT_ONCE):
            block = slice(start, start + AT_ONCE)
            n = len(z[block])
            if n > 1:  # else there are no pairs
                mmd = self.term(z[block], prior, None if c is None else c[block])
                self.total, self.n = self.total + n * mmd.item(), self.n + n

    def compute(self) -> dict[str, float]:
        return {"prior_mmd": self.total / self.n} if self.n else {}
