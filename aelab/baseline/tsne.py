"""t-SNE: a map on which neighbours stay neighbours."""

import numpy as np

from aelab.baseline.baseline import Baseline
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least


class TSNE(Baseline):
    """min KL( p ‖ q ), p_ij ∝ e^{−‖x_i − x_j‖²/2σ_i²} symmetrised, q_ij ∝ 1 / (1 + ‖z_i − z_j‖²)

    A map for the eye and no code: always of 2 coordinates, of just the rows it is given, without a place for
    new ones and without scores.     [scikit-learn, Barnes-Hut; van der Maaten & Hinton 2008]

    perplexity: about how many neighbours σ_i reaches; at most a third of the rows.
    max_iter: steps of the descent.
    rows: at most this many rows of the split that is drawn, evenly thinned: time grows with it.
    """

    scored = False

    def __init__(self, perplexity: float, max_iter: int, rows: int) -> None:
        at_least(perplexity=(perplexity, 1), max_iter=(max_iter, 250), rows=(rows, 4))
        self.perplexity, self.max_iter, self.most = perplexity, max_iter, rows

    def fit(self, dataset: Dataset, dim: int) -> None:
        """Nothing: there is no way from the training rows to others."""

    def encode(self, x: np.ndarray) -> np.ndarray:
        from sklearn import manifold  # takes a second to import

        if len(x) < 2:
            return np.zeros((len(x), 2), np.float32)
        tsne = manifold.TSNE(
            2,
            perplexity=min(self.perplexity, (len(x) - 1) / 3),
            max_iter=self.max_iter,
            init="pca" if x.shape[1] > 1 else "random",
            random_state=0,
        )
        return tsne.fit_transform(x)
