"""The divergence between posterior and prior: the second part of the ELBO."""

from collections.abc import Iterable
from typing import Literal, cast

import torch
from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from aelab.errors import at_least
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder, Prior
from aelab.processes.group import averaged
from aelab.schedule import Number, numbers


class KL(Term):
    """KL( q(z given x) ‖ p(z) ) = E_q log q(z given x) − log p(z)

    ½ Σ_d (μ² + σ² − log σ² − 1) for N(μ, diag σ²) and N(0, I)     [Kingma & Welling 2014, App. B]

    weight: β     [Higgins et al. 2017]
    direction: `reverse` is KL( p(z) ‖ q(z given x) ).
    estimate: `closed` takes the integral where it is known, `monte_carlo` the mean over draws; `auto` draws
        only where it is not known.
    samples: draws a row.
    capacity: C ≥ 0 in nats, |KL − C| of the minibatch's mean in place of KL; may be a schedule
        [Burgess et al. 2018, eq. 8]
    """

    def __init__(
        self,
        weight: Number,
        direction: Literal["forward", "reverse"],
        estimate: Literal["auto", "closed", "monte_carlo"],
        samples: int,
        capacity: Number | None,
    ) -> None:
        super().__init__(weight)
        at_least(samples=(samples, 1))
        if capacity is not None and min(numbers(capacity)) < 0:
            raise ValueError(f"capacity must not be negative, got {capacity}")
        self.direction, self.estimate, self.samples = direction, estimate, samples
        self.capacity = cast(float | None, capacity)

    def objections(self, model: Autoencoder) -> Iterable[str]:
        prior = model.prior
        if not prior.dense:
            yield no_density(prior)
            return
        if "q" not in model.latent.gives or (self.direction, self.estimate) == ("forward", "monte_carlo"):
            return
        first = next(model.latent.parameters(), torch.zeros(()))
        h = first.new_zeros(1, model.latent.width)
        c = None if model.condition is None else h.new_zeros(1, model.condition.dim)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):  # a trial leaves no trace
            q, p = model.latent(h)["q"], prior.given(c)
        one, other = (q, p) if self.direction == "forward" else (p, q)
        if is_closed(one, other):
            return
        if self.estimate == "closed":
            yield f"estimate=closed, and {type(prior).__name__} has no closed form known; auto draws there"
        elif self.direction == "reverse" and not p.has_rsample and any(True for _ in prior.parameters()):
            yield f"direction=reverse draws from {type(prior).__name__}, which cannot be learned that way"

    def forward(self, q: Distribution, prior: Prior, c: Tensor | None = None) -> Tensor:
        p = prior.given(c)
        first, second = (q, p) if self.direction == "forward" else (p, q)
        kl = divergence(first, second, self.estimate, self.samples, q.batch_shape)  # [b]
        if self.capacity is None:
            return kl
        mean = averaged(kl.mean()) if self.training else kl.mean()
        return (mean - self.capacity).abs()  # []


def divergence(p: Distribution, q: Distribution, estimate: str, samples: int, shape: torch.Size) -> Tensor:
    """KL(p ‖ q), both of batch [b] or [], as [b]."""
    if estimate != "monte_carlo":
        try:
            return kl_divergence(p, q)
        except NotImplementedError:
            if estimate == "closed":
                raise
    p = p.expand(shape)
    z = (p.rsample if p.has_rsample else p.sample)((samples,))  # [k, b, d]
    return (p.log_prob(z) - q.log_prob(z)).mean(0)


def is_closed(p: Distribution, q: Distribution) -> bool:
    """Whether KL(p ‖ q) is known in closed form."""
    try:
        kl_divergence(p, q)
    except NotImplementedError:
        return False
    return True


def no_density(prior: Prior) -> str:
    return (
        f"needs a prior whose density is nowhere 0, which {type(prior).__name__} has not; "
        "loss=[mse,mmd] and loss=[mse,adversarial] need only its draws"
    )
