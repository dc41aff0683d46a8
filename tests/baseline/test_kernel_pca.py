"""Kernel PCA: the eigenvectors of the centred kernel matrix; PCA where the kernel is linear."""

from typing import Any

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, scores

from aelab.baseline.baseline import matrix, training_rows
from aelab.baseline.kernel_pca import KernelPCA, natural_gamma
from aelab.baseline.pca import PCA
from aelab.dataset.dataset import Dataset


def kernel_pca(**settings: Any) -> KernelPCA:
    return KernelPCA(**{"kernel": "rbf", "gamma": None, "degree": 3, "ridge": 1e-4, "rows": 1000, **settings})


def bent(n: int = 500) -> Dataset:
    """Points near half a circle."""
    generator = torch.Generator().manual_seed(0)
    angle = 3.14 * torch.rand(n, generator=generator)
    x = torch.stack([angle.cos(), angle.sin()], 1) + 0.02 * torch.randn(n, 2, generator=generator)
    return Memory(x).setup()


def test_codes_are_the_eigenvectors_of_the_centred_kernel() -> None:
    dataset = bent(120)
    baseline = kernel_pca(gamma=0.7)
    baseline.fit(dataset, 3)
    x = training_rows(dataset)[0].astype(float)
    k = np.exp(-0.7 * ((x[:, None] - x[None]) ** 2).sum(2))
    centre = np.eye(len(x)) - 1 / len(x)
    values, vectors = np.linalg.eigh(centre @ k @ centre)
    want = (vectors * np.sqrt(values.clip(0)))[:, :-4:-1]  # the three largest
    np.testing.assert_allclose(np.abs(baseline.encode(x)), np.abs(want), atol=1e-6)


def test_a_linear_kernel_is_pca() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(300, 6, generator=generator) * torch.linspace(3, 0.3, 6)
    dataset = Memory(x).setup()
    own, pca = kernel_pca(kernel="linear", ridge=1e-6), PCA(2.0)
    own.fit(dataset, 2)
    pca.fit(dataset, 2)
    test = matrix(dataset, dataset.splits["test"])
    np.testing.assert_allclose(np.abs(own.encode(test)), np.abs(pca.encode(test)), rtol=1e-3, atol=1e-3)
    want = pca.decode(pca.encode(test)) - pca.mean  # its ridge has no intercept
    np.testing.assert_allclose(own.decode(own.encode(test)), want, atol=0.1)


def test_one_curved_component_beats_one_straight_one() -> None:
    dataset = bent()
    curved, straight = (scores(one, dataset, "test", 1)["mse"] for one in (kernel_pca(gamma=0.2), PCA(2.0)))
    assert curved < 0.2 * straight


def test_the_natural_gamma_is_one_over_the_mean_squared_distance() -> None:
    x = np.random.default_rng(0).normal(5, 2, (60, 4))
    distances = ((x[:, None] - x[None]) ** 2).sum(2)
    assert natural_gamma(x) == pytest.approx(1 / distances.mean())
    assert np.isfinite(natural_gamma(np.ones((5, 3))))


def test_a_larger_ridge_is_smoother() -> None:
    dataset = bent()
    errors = [scores(kernel_pca(ridge=ridge), dataset, "train", 1)["mse"] for ridge in (1e-4, 1e-1, 1e2)]
    assert errors == sorted(errors) and errors[2] > 2 * errors[0]


@pytest.mark.parametrize("kernel", ["rbf", "poly", "cosine", "linear"])
def test_every_kernel_goes_there_and_back(kernel: str) -> None:
    dataset = bent()
    baseline = kernel_pca(kernel=kernel, rows=50)
    baseline.fit(dataset, 2)
    assert len(baseline.fitted.X_fit_) <= 50
    x = matrix(dataset, dataset.splits["test"])
    z = baseline.encode(x)
    assert z.shape == (len(x), 2) and baseline.decode(z).shape == x.shape


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"gamma": 0.0}, "gamma must be above 0, or null for the data's own, got 0.0"),
        ({"ridge": 0.0}, "ridge must be above 0, got 0.0"),
        ({"degree": 0}, "degree must be at least 1, got 0"),
        ({"rows": 1}, "rows must be at least 2, got 1"),
    ],
)
def test_wrong_settings_are_refused(setting: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        kernel_pca(**setting)
