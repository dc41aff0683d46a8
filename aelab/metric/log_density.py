"""How likely the codes are under the prior."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor

from aelab.loss.kl import no_density
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Prior

if TYPE_CHECKING:
    from aelab.system import System


class LogDensity(Metric):
    """log_density = mean over samples of log p(z), or of log p(z given c), in nats

    Of clean codes. Where model=identity has z = x, the log-likelihood of the data in the units that the
    model sees.
    """

    clean = True

    def objections(self, system: "System") -> Iterable[str]:
        if not system.model.prior.dense:
            yield no_density(system.model.prior)

    def reset(self) -> None:
        self.total, self.n = 0.0, 0

    def update(self, z: Tensor, prior: Prior, c: Tensor | None = None) -> None:  # type: ignore[override]
        self.total += prior.given(c).log_prob(z).double().sum().item()
        self.n += len(z)

    def compute(self) -> dict[str, float]:
        return {"log_density": self.total / self.n}
