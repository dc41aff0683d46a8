"""A term of the objective, and the terms that are likelihoods."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from torch import Tensor, nn

from aelab.schedule import Number
from aelab.trace import Trace

if TYPE_CHECKING:
    from aelab.model.autoencoder import Autoencoder


class Term(nn.Module):
    """One summand w·term of the objective.

    `forward` names the Trace entries it reads; a parameter with a default is optional. It sums over a
    sample's dimensions and returns [b], or [] for a statistic of the whole batch.
    """

    def __init__(self, weight: Number = 1.0) -> None:
        super().__init__()
        self.weight = cast(float, weight)  # the clock puts a number where a schedule stands

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        """What of this model the term cannot work with, a line each, asked before training."""
        return ()


class Likelihood(Term):
    """A reconstruction term −log p(x given z), whose density can be asked for exactly.

    link: the activation that takes the decoder's output to the mean x̂.
    maps: 2 where the decoder must also give log σ² of every pixel.
    unit: whether x must lie in [0, 1].
    """

    link: str = "identity"
    maps: int = 1
    unit: bool = False

    def log_prob(self, x: Tensor, decoded: Trace) -> Tensor:
        """log p(x given z), constants included; x and decoded of [b, *shape] -> [b]."""
        raise NotImplementedError


def per_sample(values: Tensor) -> Tensor:
    """Sum over everything but the batch: [b, ...] -> [b]."""
    return values.sum(tuple(range(1, values.ndim)))  # one operation, where flattening first takes two
