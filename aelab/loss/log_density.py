"""The likelihood of a prior, given the codes."""

from collections.abc import Iterable

from torch import Tensor

from aelab.loss.kl import no_density
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder, Prior


class LogDensity(Term):
    """−log p(z), or −log p(z given c)

    Over the parameters of a learned prior, maximum likelihood: of p(x) itself where model=identity has
    z = x. Over an encoder's, what brings codes to where the prior is dense.
    """

    def objections(self, model: Autoencoder) -> Iterable[str]:
        if not model.prior.dense:
            yield no_density(model.prior)

    def forward(self, z: Tensor, prior: Prior, c: Tensor | None = None) -> Tensor:
        return -prior.given(c).log_prob(z)  # [b]
