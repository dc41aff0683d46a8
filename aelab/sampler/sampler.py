"""A sampler: where the codes come from that a trained decoder makes new data of."""

from collections.abc import Callable, Iterable

from torch import Tensor

from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder

Codes = Callable[[str], tuple[Tensor, Tensor | None]]
"""split -> (z [n, d], y [n] or None)"""


class Sampler:
    """Draws of z, of any trained model."""

    @property
    def name(self) -> str:
        """As the command line has it, `sampler=gaussian_mixture`."""
        return type(self).__module__.rpartition(".")[2]

    def objections(self, model: Autoencoder, terms: Iterable[Term]) -> Iterable[str]:
        """Why these draws would mean nothing to this model, a line each."""
        return ()

    def fit(self, model: Autoencoder, codes: Codes) -> None:
        """Get ready for a model; codes are asked for only where they are needed."""
        raise NotImplementedError

    def draw(self, n: int, c: Tensor | None = None) -> Tensor:
        """[n, d] codes; c is [n, k]."""
        raise NotImplementedError
