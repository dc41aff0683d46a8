"""Total variation."""

import numpy as np

from aelab.baseline.restoring import Restoring


class TotalVariation(Restoring):
    """x̂ = argmin_u ½ ‖u − x̃‖² + λ Σ_p |∇u(p)|,  λ: the strength, in each colour alone

    Flat regions with sharp edges.     [scikit-image; Rudin et al. 1992; Chambolle 2004]
    """

    ks = np.geomspace(0.1, 4, 14)

    def denoised(self, x_tilde: np.ndarray, strength: float) -> np.ndarray:
        from skimage.restoration import denoise_tv_chambolle  # takes a second to import

        return denoise_tv_chambolle(x_tilde, weight=strength, channel_axis=0)
