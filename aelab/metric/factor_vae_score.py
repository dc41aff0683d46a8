"""The FactorVAE score: does the dimension that stays still name the factor that was held?"""

import numpy as np

from aelab.errors import at_least
from aelab.metric.factors import FactorMetric, Groups, standardised


class FactorVAEScore(FactorMetric):
    """factor_vae_score = accuracy of the classifier C(i) = the most frequent factor k among votes (i, k)

    A vote: of `batch` rows that share one value of a factor k, i is the dimension of least variance, where
    every dimension has variance 1 over all rows.
    [Kim & Mnih 2018, sec. 4; numbers: Locatello et al. 2019]

    batch: rows of a vote.
    train, test: votes that make the classifier, and that score it.
    dead: dimensions whose variance is below this fraction of the largest have no vote.
    """

    def __init__(self, batch: int, train: int, test: int, dead: float) -> None:
        at_least(batch=(batch, 2), train=(train, 1), test=(test, 1))
        if not 0 <= dead < 1:
            raise ValueError(f"dead must lie in [0, 1), got {dead}")
        self.batch, self.train, self.test, self.dead = batch, train, test, dead

    def score(self, z: np.ndarray, v: np.ndarray, random: np.random.Generator) -> dict[str, float]:
        groups = [group for group in map(Groups, v.T) if group]
        z = standardised(z, self.dead)  # [n, d]
        if len(groups) < 2:
            return {}
        if not z.shape[1]:
            return {"factor_vae_score": 1 / len(groups)}  # nobody votes: a guess
        train, test = (self.votes(z, groups, n, random) for n in (self.train, self.test))  # each [d, k]
        chosen = train.argmax(1)
        return {"factor_vae_score": float(test[np.arange(len(test)), chosen].sum() / test.sum())}

    def votes(self, z: np.ndarray, groups: list[Groups], n: int, random: np.random.Generator) -> np.ndarray:
        """How many of n votes are for dimension i where factor k was held, [d, k]."""
        table = np.zeros((z.shape[1], len(groups)))
        for k, m in enumerate(random.multinomial(n, [1 / len(groups)] * len(groups))):
            for size in chunks(m, self.batch * z.shape[1]):
                still = z[groups[k].batches(size, self.batch, random)].var(1).argmin(1)  # [size]
                table[:, k] += np.bincount(still, minlength=z.shape[1])
        return table


def chunks(n: int, width: int) -> list[int]:
    """n as a sum of parts, so that a part of rows of this width stays near 64 MB."""
    most = max(1, (1 << 23) // width)
    return [most] * (n // most) + ([n % most] if n % most else [])
