"""Codes from a mixture of normal distributions, fitted to those of the training rows."""

import torch
from torch import Tensor

from aelab.baseline.baseline import remarked, stride
from aelab.errors import at_least
from aelab.model.autoencoder import Autoencoder
from aelab.sampler.sampler import Codes, Sampler


class GaussianMixture(Sampler):
    """z ~ Σ_j w_j N(μ_j, Σ_j), by expectation maximisation; the same whatever the condition

    Works for any autoencoder. What would lie outside the range of a code is clipped to it.
    [scikit-learn; Ghosh et al. 2020, sec. 4]

    components: j = 1, 2, ...; fewer where there are fewer rows.
    rows: at most this many training rows, evenly thinned.
    """

    def __init__(self, components: int, rows: int) -> None:
        at_least(components=(components, 1), rows=(rows, 2))
        self.components, self.rows = components, rows

    def fit(self, model: Autoencoder, codes: Codes) -> None:
        from sklearn import mixture  # takes a second to import
        from sklearn.exceptions import ConvergenceWarning

        z = codes("train")[0].flatten(1).double()
        z = z[:: stride(len(z), self.rows)].cpu()  # [n, d]
        few = min(self.components, len(z))
        # against codes that do not move at all, in units of those that do
        least = 1e-6 * max(float(z.var(0, correction=0).mean()), 1e-6)
        fitted = mixture.GaussianMixture(few, reg_covar=least, random_state=0)
        remark = f"sampler=gaussian_mixture has not converged; fewer sampler.components={few} may do"
        with remarked(ConvergenceWarning, remark):
            fitted.fit(z.numpy())
        self.weights, self.means = torch.from_numpy(fitted.weights_), torch.from_numpy(fitted.means_)
        self.tril = torch.linalg.cholesky(torch.from_numpy(fitted.covariances_))  # [j, d, d]
        self.bounds = model.latent.bounds

    def draw(self, n: int, c: Tensor | None = None) -> Tensor:
        chosen = torch.multinomial(self.weights, n, replacement=True)  # [n]
        z = torch.randn(n, self.means.shape[1], dtype=torch.float64)
        for j, (mean, tril) in enumerate(zip(self.means, self.tril, strict=True)):
            z[chosen == j] = mean + z[chosen == j] @ tril.mT
        return z.float().clamp(*self.bounds)
