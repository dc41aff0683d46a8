"""Total variation: what it minimises gets less."""

import numpy as np

from aelab.baseline.total_variation import TotalVariation


def test_total_variation_lowers_what_it_minimises() -> None:
    x = np.random.default_rng(0).random((1, 20, 20))

    def energy(u: np.ndarray, weight: float) -> float:
        down, along = np.diff(u[0], axis=0)[:, :-1], np.diff(u[0], axis=1)[:-1]
        return 0.5 * np.square(u - x).sum() + weight * np.hypot(down, along).sum()

    tv = TotalVariation(0.2)
    tv.tune([(x, x + 1)])
    others = [x, np.full_like(x, x.mean()), 0.5 * (x + x.mean()), TotalVariation(0.2).denoised(x, 0.05)]
    assert energy(tv.restore(x), 0.2) < min(energy(other, 0.2) for other in others)


def test_a_flat_picture_with_an_edge_stays_flat_with_an_edge() -> None:
    x = np.zeros((1, 30, 30), np.float32)
    x[:, :, 15:] = 1
    noise = 0.1 * np.random.default_rng(0).standard_normal(x.shape)
    x_hat = TotalVariation(None).denoised((x + noise).astype(np.float32), 0.3)
    sides = x_hat[0, 2:-2, 2:13], x_hat[0, 2:-2, 17:-2]
    assert max(side.std() for side in sides) < 0.02 and sides[1].mean() - sides[0].mean() > 0.8
