"""The evidence lower bound and its parts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor
from torch.distributions import Distribution

from aelab.loss.kl import divergence, no_density
from aelab.loss.term import Likelihood
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Prior
from aelab.trace import Trace

if TYPE_CHECKING:
    from aelab.system import System


class ELBO(Metric):
    """elbo = E_q log p(x given z) − KL( q(z given x) ‖ p(z) ), mean over samples, in nats
    distortion = −E_q log p(x given z); kl is the other part

    Every term at its own weight, whatever the loss's: a lower bound on log p(x). E_q by the draw of each row
    that its reconstruction comes from.     [Kingma & Welling 2014, eq. 3; Alemi et al. 2018]
    """

    def objections(self, system: "System") -> Iterable[str]:
        if not system.model.prior.dense:
            yield no_density(system.model.prior)

    def reset(self) -> None:
        self.distortion, self.kl, self.n = 0.0, 0.0, 0

    def update(  # type: ignore[override]
        self,
        x: Tensor,
        x_logits: Tensor,
        x_hat: Tensor,
        q: Distribution,
        prior: Prior,
        likelihood: Likelihood,
        x_logvar: Tensor | None = None,
        c: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> None:
        decoded = Trace(x_logits=x_logits, x_hat=x_hat, x_logvar=x_logvar, mask=mask)
        self.distortion -= likelihood.log_prob(x, decoded).sum().item()
        self.kl += divergence(q, prior.given(c), "auto", 1, q.batch_shape).sum().item()
        self.n += len(x)

    def compute(self) -> dict[str, float]:
        distortion, kl = self.distortion / self.n, self.kl / self.n
        return {"elbo": -distortion - kl, "distortion": distortion, "kl": kl}
