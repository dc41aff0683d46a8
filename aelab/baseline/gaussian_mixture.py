"""A mixture of normal distributions over whole rows, by scikit-learn."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from aelab.baseline.baseline import Baseline, remarked, training_rows
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.model.autoencoder import Prior
from aelab.model.prior.gaussian_mixture import Covariance

OURS = {"diagonal": "diag"}
"""What scikit-learn calls otherwise."""


class GaussianMixture(Baseline):
    """x ~ Σ_k π_k N(m_k, Σ_k), by expectation maximisation from the clusters of k-means: a density of x

    Its code is x itself, so that a run's log density can be compared where model=identity has z = x too;
    nothing is rebuilt.     [scikit-learn]

    components: k = 1, 2, ...; fewer where there are fewer rows.
    covariance, floor, tolerance, steps: as of the stage `em`.
    rows: at most this many training rows, evenly thinned.
    """

    places = False
    draws = True

    def __init__(
        self,
        components: int,
        covariance: Covariance,
        floor: float,
        tolerance: float,
        steps: int,
        rows: int,
    ) -> None:
        at_least(components=(components, 1), floor=(floor, 0), tolerance=(tolerance, 0))
        at_least(steps=(steps, 1), rows=(rows, 2))
        self.components, self.rows = components, rows
        self.settings: dict[str, Any] = {"covariance_type": OURS.get(covariance, covariance)}
        self.settings |= {"reg_covar": floor, "tol": tolerance, "max_iter": steps, "random_state": 0}

    def fit(self, dataset: Dataset, dim: int) -> None:
        from sklearn import mixture  # takes a second to import
        from sklearn.exceptions import ConvergenceWarning

        x = training_rows(dataset, self.rows)[0].astype(np.float64)
        self.fitted = mixture.GaussianMixture(min(self.components, len(x)), **self.settings)
        with remarked(ConvergenceWarning, "baseline.gaussian_mixture: has not converged; more steps may do"):
            self.fitted.fit(x)
        self.prior = Fitted(self.fitted)

    def encode(self, x: np.ndarray) -> np.ndarray:
        return x

    def sample(self, n: int) -> np.ndarray:
        self.fitted.random_state = 0  # the same every time
        return np.random.default_rng(0).permutation(self.fitted.sample(n)[0])  # which come in their order


class Fitted(Prior):
    """scikit-learn's mixture as the prior of a Trace."""

    def __init__(self, fitted: Any) -> None:
        super().__init__()
        self.fit = fitted

    def given(self, c: Tensor | None = None) -> Distribution:
        return Density(self.fit)


class Density(Distribution):
    """log p(z) by scikit-learn, z [n, d] -> [n]."""

    def __init__(self, fitted: Any) -> None:
        super().__init__(event_shape=torch.Size(fitted.means_.shape[1:]), validate_args=False)
        self.fitted = fitted

    def log_prob(self, value: Tensor) -> Tensor:
        return torch.from_numpy(self.fitted.score_samples(value.double().cpu().numpy())).to(value.device)
