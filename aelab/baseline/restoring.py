"""What classic methods of restoration share: no code, and one strength that is chosen on corrupted images."""

from collections.abc import Iterable, Iterator

import numpy as np

from aelab.baseline.baseline import Baseline
from aelab.dataset.dataset import Dataset
from aelab.metric.psnr import CAP


class Restoring(Baseline):
    """x̂ straight from x̃, by a strength of k·σ, σ the root mean square of x̃ − x

    k: of these the one whose mean PSNR over pairs of the run's own x and x̃ is best, none of the final split.
    strength: null, or a number for k·σ instead.
    """

    restores = True
    places = False
    ks: np.ndarray
    chosen: float

    def __init__(self, strength: float | None) -> None:
        if strength is not None and strength < 0:
            raise ValueError(f"strength must not be negative, or null to be chosen, got {strength:g}")
        self.strength = strength

    def objections(self, dataset: Dataset) -> Iterator[str]:
        if not dataset.is_image:
            yield f"restores images; these rows are vectors {list(dataset.shape)}"

    def tune(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        pairs = list(pairs)
        self.sigma = float(np.sqrt(np.mean([np.square(x_tilde - x).mean() for x, x_tilde in pairs])))
        if self.strength is not None:
            self.chosen = self.strength
        else:
            self.chosen = float(max(self.ks * self.sigma, key=lambda strength: self.score(pairs, strength)))

    def score(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]], strength: float) -> float:
        errors = [np.square(self.smoothed(x_tilde, strength) - x).mean() for x, x_tilde in pairs]
        return float(np.minimum(-10 * np.log10(np.maximum(errors, 1e-30)), CAP).mean())

    def restore(self, x_tilde: np.ndarray) -> np.ndarray:
        return self.smoothed(x_tilde, self.chosen)

    def smoothed(self, x_tilde: np.ndarray, strength: float) -> np.ndarray:
        """[c, h, w]; of no strength, as it is."""
        return self.denoised(x_tilde, strength) if strength > 0 else x_tilde

    def denoised(self, x_tilde: np.ndarray, strength: float) -> np.ndarray:
        raise NotImplementedError
