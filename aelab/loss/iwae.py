"""The importance-weighted bound."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.distributions import Distribution

from aelab.errors import at_least
from aelab.loss.kl import no_density
from aelab.loss.term import Likelihood, Term
from aelab.model.autoencoder import Autoencoder, Decode, Prior
from aelab.schedule import Number
from aelab.trace import Trace


class IWAE(Term):
    """−L_K = −log 1/K Σ_k w_k,  w_k = p(x given z_k) p(z_k) / q(z_k given x),  z_k ~ q(z given x)

    The negative ELBO at K = 1, −log p(x) at K = ∞     [Burda et al. 2016, eq. 8]

    samples: K.
    likelihood: p(x given z), a term of its own.
    """

    def __init__(self, weight: Number, samples: int, likelihood: Likelihood) -> None:
        super().__init__(weight)
        at_least(samples=(samples, 1))
        self.samples, self.likelihood = samples, likelihood

    def objections(self, model: Autoencoder) -> Iterable[str]:
        if not model.prior.dense:
            yield no_density(model.prior)

    def forward(
        self,
        x: Tensor,
        q: Distribution,
        prior: Prior,
        decode: Decode,
        c: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        # a gradient needs all draws; an evaluation's minibatch is large, and K times as many images larger
        at_once = math.inf if torch.is_grad_enabled() else AT_ONCE
        return -bound(self.samples, at_once, x, q, prior.given(c), decode, self.likelihood, mask)  # [b]


AT_ONCE = 2**19
"""Numbers of x̂ that an evaluation decodes together."""


def bound(
    samples: int,
    at_once: float,
    x: Tensor,
    q: Distribution,
    p: Distribution,
    decode: Decode,
    likelihood: Likelihood,
    mask: Tensor | None = None,
) -> Tensor:
    """L_K of each row, K = samples, [b]; of as many draws at a time as at_once numbers of x̂ allow."""
    k = int(min(samples, max(1, at_once // x.numel())))
    pieces = [
        torch.logsumexp(log_weights(min(k, samples - done), x, q, p, decode, likelihood, mask), dim=0)
        for done in range(0, samples, k)
    ]
    return torch.logsumexp(torch.stack(pieces), dim=0) - math.log(samples)


def log_weights(
    k: int,
    x: Tensor,
    q: Distribution,
    p: Distribution,
    decode: Decode,
    likelihood: Likelihood,
    mask: Tensor | None = None,
) -> Tensor:
    """log w of k draws for each row, [k, b]"""
    z = q.rsample((k,))  # [k, b, d]
    decoded = Trace(decode(z.flatten(0, 1)))
    rows = x.expand(k, *x.shape).flatten(0, 1)
    if mask is not None:
        decoded["mask"] = mask.expand(k, *mask.shape).flatten(0, 1)
    return likelihood.log_prob(rows, decoded).view(k, len(x)) + p.log_prob(z) - q.log_prob(z)
