"""How many units of a variational code carry anything about x."""

import logging

import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from aelab.metric.metric import Metric
from aelab.model.autoencoder import Prior

log = logging.getLogger(__name__)

SMALL = 0.1
"""Nats from the prior that a unit which repeats it may have, by what is not yet learnt of it."""


class ActiveUnits(Metric):
    """active_units = number of units d with Var_x( E_q[z_d] ) > threshold     [Burda et al. 2016, sec. 5.2]

    Where fewer than half of them are, a line in the log says so, and of the others which repeat the prior:
    those with E_x KL( q(z_d given x) ‖ p(z_d) ) near 0, where p(z) is a diagonal normal distribution.
    """

    final = True

    def __init__(self, threshold: float) -> None:
        if threshold < 0:
            raise ValueError(f"threshold must not be negative, got {threshold}")
        self.threshold, self.told = threshold, False

    def reset(self) -> None:
        self.means: list[Tensor] = []
        self.kl: list[Tensor] = []

    def update(  # type: ignore[override]
        self, mean: Tensor, logvar: Tensor, prior: Prior, c: Tensor | None = None
    ) -> None:
        self.means.append(mean.cpu())
        self.kl.append(per_unit(mean, logvar, prior, c).cpu())

    def compute(self) -> dict[str, float]:
        means, kl = torch.cat(self.means).double(), torch.cat(self.kl).double()  # [n, d]
        active = means.var(0, correction=0) > self.threshold  # [d]
        n, d = int(active.sum()), means.shape[1]
        if 2 * n < d and not self.told:
            self.told = True  # of the first split; the others say the same
            repeating = int((kl.mean(0)[~active] < SMALL).sum())
            log.warning(
                f"metric.active_units: {n} of {d} units of the code are active; {idle(d - n, repeating)}"
            )
        return {"active_units": float(n)}


def per_unit(mean: Tensor, logvar: Tensor, prior: Prior, c: Tensor | None) -> Tensor:
    """KL( N(μ_d, σ_d²) ‖ p(z_d) ), [b, d]; NaN where p(z) is no diagonal normal distribution."""
    p = prior.given(c) if prior.dense else None
    if isinstance(p, Independent) and isinstance(p.base_dist, Normal):
        return kl_divergence(Normal(mean, (0.5 * logvar).exp(), validate_args=False), p.base_dist)
    return torch.full_like(mean, torch.nan)


def idle(units: int, repeating: int) -> str:
    """What so many units do that are not active, of which some repeat the prior."""
    if repeating == units:
        return "the others repeat the prior (posterior collapse)"
    if repeating == 0:
        return "the means of the others do not vary with x"
    return (
        f"{repeating} others repeat the prior (posterior collapse), "
        f"and the means of {units - repeating} do not vary with x"
    )
