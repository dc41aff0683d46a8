"""Non-local means: an average of what looks alike, of all there is near where nothing tells it apart."""

import numpy as np
import pytest

from aelab.baseline.nl_means import NLMeans


def tuned(strength: float, sigma: float, distance: int = 3) -> NLMeans:
    method = NLMeans(strength, 3, distance)
    x = np.zeros((1, 2, 2), np.float32)
    method.tune([(x, x + sigma)])
    assert method.sigma == pytest.approx(sigma)
    return method


@pytest.mark.parametrize("channels", [1, 3])
def test_all_weights_alike_are_a_mean_over_the_window(channels: int) -> None:
    x = np.random.default_rng(0).random((channels, 15, 12)).astype(np.float32)
    x_hat = tuned(1e3, 0.1).restore(x)
    assert x_hat.shape == x.shape
    for row, column in ((7, 6), (5, 8)):
        around = x[:, row - 3 : row + 4, column - 3 : column + 4].mean((1, 2))
        np.testing.assert_allclose(x_hat[:, row, column], around, rtol=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
def test_weights_are_of_patches_that_look_alike(channels: int) -> None:
    """Of 5 x 5 pixels the last 4 x 4; the exponential of the fast sums is good to three digits."""
    x = np.random.default_rng(0).random((channels, 24, 24))
    method = NLMeans(0.3, 5, 2)
    method.sigma, method.chosen = 0.1, 0.3
    x_hat = method.restore(x)
    for row, column in ((11, 12), (13, 8)):
        window = [(i, j) for i in range(row - 2, row + 3) for j in range(column - 2, column + 3)]
        off = np.array([np.square(patch(x, *place) - patch(x, row, column)) - 2 * 0.1**2 for place in window])
        weight = np.exp(-np.maximum(off.mean(1).sum((1, 2)) / 25, 0) / 0.3**2)
        expected = (weight * np.stack([x[:, i, j] for i, j in window], -1)).sum(-1) / weight.sum()
        np.testing.assert_allclose(x_hat[:, row, column], expected, atol=2e-3)


def patch(x: np.ndarray, row: int, column: int) -> np.ndarray:
    return x[:, row - 1 : row + 3, column - 1 : column + 3]


def test_a_pattern_that_repeats_is_cleaned_without_being_blurred() -> None:
    rows, columns = np.mgrid[:40, :40]
    x = ((rows // 2 + columns // 2) % 2).astype(np.float32)[None]
    x_tilde = (x + 0.1 * np.random.default_rng(0).standard_normal(x.shape)).astype(np.float32)
    x_hat = tuned(0.08, 0.1, 6).restore(x_tilde)
    inner = np.s_[:, 4:-4, 4:-4]
    assert np.square(x_hat - x)[inner].mean() < 0.1 * np.square(x_tilde - x)[inner].mean()


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 1), (1, 1, 5), (3, 4, 1)])
def test_sides_of_one_pixel(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    assert tuned(1e3, 0.1).restore(x).shape == shape


@pytest.mark.parametrize(("patch", "distance"), [(0, 1), (1, 0)])
def test_impossible_settings(patch: int, distance: int) -> None:
    with pytest.raises(ValueError, match="must be at least 1, got 0"):
        NLMeans(None, patch, distance)
