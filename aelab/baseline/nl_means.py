"""Non-local means."""

import numpy as np

from aelab.baseline.restoring import Restoring
from aelab.errors import at_least


class NLMeans(Restoring):
    """x̂(p) = Σ_q w(p, q) x̃(q) / Σ_q w(p, q),  w = exp(−max(‖P(p) − P(q)‖² − 2σ², 0) / h²),  h: the strength

    P: the pixels around one, ‖·‖² their mean square, of which noise alone makes 2σ². A photo repeats itself,
    noise does not.     [scikit-image; Buades et al. 2005; 2011]

    patch: side of P, in whose mean scikit-image's fast sums leave out the first row and column as if alike.
    distance: how far from p, along each axis, q is looked for.
    """

    ks = np.geomspace(0.2, 2, 12)

    def __init__(self, strength: float | None, patch: int, distance: int) -> None:
        super().__init__(strength)
        at_least(patch=(patch, 1), distance=(distance, 1))
        self.patch, self.distance = patch, distance

    def denoised(self, x_tilde: np.ndarray, strength: float) -> np.ndarray:
        from skimage.restoration import denoise_nl_means  # takes a second to import

        size = {"patch_size": self.patch, "patch_distance": self.distance}
        known = {"h": strength, "sigma": self.sigma, "fast_mode": True}
        if len(x_tilde) == 1:  # an axis of one channel confuses it
            return denoise_nl_means(x_tilde[0], **size, **known).reshape(x_tilde.shape)
        # it drops a side of one pixel
        return denoise_nl_means(x_tilde, **size, **known, channel_axis=0).reshape(x_tilde.shape)
