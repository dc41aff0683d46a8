"""No colour at all: what a colorizer must be better than."""

from collections.abc import Iterable

import numpy as np

from aelab.baseline.baseline import Baseline


class GreyCopy(Baseline):
    """x̂ = x̃ in all three channels, of a grey x̃; any other as it is"""

    restores, reshapes, places, rows = True, True, False, 1

    def tune(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        self.channels = next(iter(pairs))[0].shape[0]

    def restore(self, x_tilde: np.ndarray) -> np.ndarray:
        return x_tilde.repeat(self.channels // len(x_tilde), axis=0)
