"""How many units of a variational code carry anything about x."""

import logging

import torch
from torch import Tensor

from aelab.metric.metric import Metric

log = logging.getLogger(__name__)


class ActiveUnits(Metric):
    """active_units = number of units d with Var_x( E_q[z_d] ) > threshold     [Burda et al. 2016, sec. 5.2]

    Where fewer than half of them are, a line in the log says so.
    """

    final = True

    def __init__(self, threshold: float) -> None:
        if threshold < 0:
            raise ValueError(f"threshold must not be negative, got {threshold}")
        self.threshold, self.told = threshold, False

    def reset(self) -> None:
        self.means: list[Tensor] = []

    def update(self, mean: Tensor) -> None:  # type: ignore[override]
        self.means.append(mean.cpu())

    def compute(self) -> dict[str, float]:
        means = torch.cat(self.means).double()  # [n, d]
        active, d = int((means.var(0, correction=0) > self.threshold).sum()), means.shape[1]
        if 2 * active < d and not self.told:
            self.told = True  # of the first split; the others say the same
            log.warning(
                f"metric.active_units: {active} of {d} units of the code are active; "
                "the others repeat the prior (posterior collapse)"
            )
        return {"active_units": float(active)}
