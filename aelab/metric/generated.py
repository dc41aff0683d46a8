"""What metrics of a model's own images share: the draws, and the classifier that judges them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor

from aelab.errors import at_least
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Decode, Prior
from aelab.reference.reference import Reference, objections, reference

if TYPE_CHECKING:
    from aelab.system import System


def drawn(x: Tensor, prior: Prior, decode: Decode, c: Tensor | None) -> Tensor:
    """decode(z), z ~ p(z), as many as x has rows and given their c, [b, *shape]."""
    return decode(prior.sample(len(x), c).to(x))["x_hat"]


class JudgedMetric(Metric):
    """A number about what the data set's reference classifier says of so many draws for every row."""

    final = True

    def __init__(self, samples: int) -> None:
        at_least(samples=(samples, 1))
        self.samples = samples
        self.reference: Reference | None = None

    def objections(self, system: "System") -> Iterable[str]:
        self.dataset = system.dataset  # the one time that a metric sees it
        return objections(system.dataset)

    def judge(self, x: Tensor) -> Reference:
        """The classifier, on the device of x; made or loaded when it is first asked."""
        self.reference = (self.reference or reference(self.dataset)).to(x.device)
        return self.reference
