"""The marginal likelihood, by importance sampling."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.distributions import Distribution

from aelab.errors import at_least
from aelab.loss.iwae import bound
from aelab.loss.kl import no_density
from aelab.loss.term import Likelihood
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Decode, Prior

if TYPE_CHECKING:
    from aelab.system import System


class LogLikelihood(Metric):
    """nll = −mean over samples of L_K = log 1/K Σ_k p(x, z_k) / q(z_k given x),  z_k ~ q(z given x), in nats
    nll_error = its standard error over samples;  bpd = nll in bits a number of x, of those that count

    E L_K ≤ log p(x), and rises with K: an upper bound, on average.     [Burda et al. 2016, eq. 8, sec. 5]

    samples: K.
    at_once: numbers of x̂ that are decoded together, of as many draws as fit.
    """

    final = True

    def __init__(self, samples: int, at_once: int) -> None:
        at_least(samples=(samples, 1), at_once=(at_once, 1))
        self.samples, self.at_once = samples, at_once

    def objections(self, system: "System") -> Iterable[str]:
        if not system.model.prior.dense:
            yield no_density(system.model.prior)

    def reset(self) -> None:
        self.bounds: list[Tensor] = []
        self.numbers = 0.0

    def update(  # type: ignore[override]
        self,
        x: Tensor,
        q: Distribution,
        prior: Prior,
        decode: Decode,
        likelihood: Likelihood,
        c: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> None:
        self.numbers += likelihood.summed(torch.ones_like(x), mask).sum().item()
        found = bound(self.samples, self.at_once, x, q, prior.given(c), decode, likelihood, mask)
        self.bounds.append(found.cpu().double())

    def compute(self) -> dict[str, float]:
        bounds = torch.cat(self.bounds)
        nll = -bounds.mean().item()
        error = bounds.std().item() / math.sqrt(len(bounds)) if len(bounds) > 1 else 0.0
        return {"nll": nll, "nll_error": error, "bpd": nll * len(bounds) / (self.numbers * math.log(2))}
