"""The β-VAE score: does the difference of codes name the factor that two images share?"""

import warnings

import numpy as np

from aelab.errors import at_least
from aelab.metric.factor_vae_score import chunks
from aelab.metric.factors import FactorMetric, Groups, standardised


class BetaVAEScore(FactorMetric):
    """beta_vae_score = accuracy of a linear classifier that tells k from (1/B) Σ_b |z_b − z'_b|

    The rows of every pair b share the value of factor k; all other factors are as they come. Codes have
    variance 1 over all rows, so that the classifier's penalty means the same for every dimension.
    [Higgins et al. 2017, sec. 3; numbers: Locatello et al. 2019; scikit-learn's logistic regression]

    batch: B, pairs of an average.
    train, test: averages that the classifier learns from, and that score it.
    max_iter: steps of L-BFGS; a fit that has not converged by then is used as it is.
    """

    def __init__(self, batch: int, train: int, test: int, max_iter: int) -> None:
        at_least(batch=(batch, 1), train=(train, 1), test=(test, 1), max_iter=(max_iter, 1))
        self.batch, self.train, self.test, self.max_iter = batch, train, test, max_iter

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        from sklearn.exceptions import ConvergenceWarning  # takes a second to import
        from sklearn.linear_model import LogisticRegression

        groups = [group for group in map(Groups, v.T) if group]
        z = standardised(z, 0)
        if len(groups) < 2:
            return {}
        if not z.shape[1]:
            return {"beta_vae_score": 1 / len(groups)}  # nothing to tell by: a guess
        (x, y), (test_x, test_y) = (self.averages(z, groups, n, random) for n in (self.train, self.test))
        if len(np.unique(y)) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier = LogisticRegression(max_iter=self.max_iter).fit(x, y)
        return {"beta_vae_score": float(classifier.score(test_x, test_y))}

    def averages(
        self, z: np.ndarray, groups: list[Groups], n: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """(mean |z − z'| [n, d], the factor that the pairs share [n])"""
        shared = np.sort(random.integers(len(groups), size=n))
        found = []
        for k, m in enumerate(np.bincount(shared, minlength=len(groups))):
            for size in chunks(m, 2 * self.batch * z.shape[1]):
                one, other = groups[k].pairs(size * self.batch, random)
                found.append(np.abs(z[one] - z[other]).reshape(size, self.batch, -1).mean(1))
        return np.concatenate(found), shared
