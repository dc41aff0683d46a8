"""Codes from the model's own prior."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.player import Player
from aelab.reads import reads
from aelab.sampler.sampler import Codes, Sampler


class Prior(Sampler):
    """z ~ p(z), or p(z given c), for models whose codes were trained towards it, or it fitted to them"""

    def objections(self, model: Autoencoder, terms: Iterable[Term]) -> Iterator[str]:
        if not model.prior.fitted and not regarded(terms):
            yield (
                "prior draws codes that no term of this run's loss brought its own to; "
                "sampler=gaussian_mixture draws from where they lie"
            )

    def fit(self, model: Autoencoder, codes: Codes) -> None:
        self.prior = model.prior

    def draw(self, n: int, c: Tensor | None = None) -> Tensor:
        return self.prior.sample(n, c)


def regarded(terms: Iterable[Term]) -> bool:
    """Whether any of these terms, or its answer, reads the prior."""
    return any(
        "prior" in reads(method)
        for term in terms
        for method in (term.forward, *((term.answer,) if isinstance(term, Player) and term.answers else ()))
    )
