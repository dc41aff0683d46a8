"""A term of the objective, and the terms that are likelihoods."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, cast

from torch import Tensor, nn

from aelab.schedule import Number
from aelab.trace import Trace

if TYPE_CHECKING:
    from aelab.dataset.dataset import Dataset
    from aelab.model.autoencoder import Autoencoder


class Term(nn.Module):
    """One summand w·term of the objective.

    `forward` names the Trace entries it reads; a parameter with a default is optional. It sums over a
    sample's dimensions and returns [b], or [] for a statistic of the whole batch; in training that is the
    batch of all processes: see `gathered` and `averaged`.
    """

    needs: tuple[str, ...] = ()
    """Entries that `forward` could do without, and this term with its settings cannot."""
    over_pixels: bool = False
    """Whether a sample's value is a sum over the pixels, or features, of the data, as figures then say."""

    def __init__(self, weight: Number = 1.0) -> None:
        super().__init__()
        self.weight = cast(float, weight)  # the clock puts a number where a schedule stands

    def prepare(self, dataset: "Dataset") -> None:
        """Learn which data it will see: called once, where a system is assembled, before `objections`."""

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        """What of this model the term cannot work with, a line each, asked before training."""
        return ()


class Distance(Term):
    """A reconstruction term without a density: how far x̂ is from x.

    reduction: `sum` over the pixels, as a likelihood has it; or their `mean`, by which no rate or weight
        depends on how many they are.
    """

    def __init__(self, weight: Number = 1.0, reduction: Literal["sum", "mean"] = "sum") -> None:
        super().__init__(weight)
        self.reduction, self.over_pixels = reduction, reduction == "sum"

    def reduced(self, values: Tensor) -> Tensor:
        """Of every pixel, [b, *shape] -> [b]."""
        return per_sample(values) if self.reduction == "sum" else per_sample(values) / values[0].numel()


class Likelihood(Term):
    """A reconstruction term −log p(x given z), whose density can be asked for exactly.

    link: the activation that takes the decoder's output to the mean x̂.
    maps: 2 where the decoder must also give log σ² of every pixel.
    unit: whether x must lie in [0, 1].
    pixels: `hidden`, of those alone that a corruption's mask hides: log p(x_hidden given z).
    """

    link: str = "identity"
    maps: int = 1
    unit: bool = False
    over_pixels = True

    def __init__(self, weight: Number = 1.0, pixels: Literal["all", "hidden"] = "all") -> None:
        super().__init__(weight)
        self.pixels = pixels
        self.needs = ("mask",) if pixels == "hidden" else ()

    def summed(self, values: Tensor, mask: Tensor | None) -> Tensor:
        """Over the pixels that count, [b, *shape] -> [b]."""
        return per_sample(values * mask if self.pixels == "hidden" and mask is not None else values)

    def log_prob(self, x: Tensor, decoded: Trace) -> Tensor:
        """log p(x given z), constants included; x and decoded of [b, *shape] -> [b]."""
        raise NotImplementedError


def per_sample(values: Tensor) -> Tensor:
    """Sum over everything but the batch: [b, ...] -> [b]."""
    return values.sum(tuple(range(1, values.ndim)))  # one operation, where flattening first takes two
