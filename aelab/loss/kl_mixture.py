"""The divergence from a mixture prior of which every code has a part: VaDE's."""

from collections.abc import Iterable

from torch import Tensor

from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.model.prior.gaussian_mixture import GaussianMixture


class KLMixture(Term):
    """KL( q(z, k given x) ‖ p(z, k) ) = Σ_k γ_k KL( N(μ, diag σ²) ‖ N(m_k, diag s_k²) ) + KL(γ ‖ π)

    q(z, k given x) = q(z given x) γ_k,  γ_k = p(k given z) of the one draw z ~ q(z given x)     [Jiang et al.
    2017, eq. 9, 16]

    By γ it is at least KL( q(z given x) ‖ p(z) ), the same where γ does not depend on z.
    """

    def objections(self, model: Autoencoder) -> Iterable[str]:
        prior = model.prior
        if not isinstance(prior, GaussianMixture) or not prior.learned or prior.lower is not None:
            yield (
                "takes a mixture that is learned, of diagonal covariances; model/prior=gaussian_mixture "
                "model.prior.learned=true model.prior.covariance=diagonal is one"
            )

    def forward(self, mean: Tensor, logvar: Tensor, assignment: Tensor, prior: GaussianMixture) -> Tensor:
        m, log_s2 = prior.mean, 2 * prior.log_std.expand_as(prior.mean)  # [K, d]
        mean, logvar = mean[:, None], logvar[:, None]  # [b, 1, d]
        ratio = (logvar.exp() + (mean - m) ** 2) / log_s2.exp()
        apart = 0.5 * (ratio + log_s2 - logvar - 1).sum(2)  # [b, K]
        log_pi = prior.logits.log_softmax(0)
        return (assignment * (apart + assignment.clamp_min(1e-30).log() - log_pi)).sum(1)  # [b]
