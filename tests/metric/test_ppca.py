"""Probabilistic PCA: scikit-learn's likelihood, and the bound of every linear model's."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA as Reference
from torch import Tensor
from torch.distributions import MultivariateNormal

from aelab.metric import ppca
from aelab.metric.ppca import PPCA

GENERATOR = torch.Generator().manual_seed(0)
TRAIN, TEST = torch.randn(2, 300, 8, generator=GENERATOR, dtype=torch.float64) @ torch.randn(
    8, 8, generator=GENERATOR, dtype=torch.float64
) + torch.arange(8.0)


def score(d: int, x: Tensor, parts: int = 1) -> float:
    metric = PPCA()
    metric.fit(TRAIN.view(-1, 2, 4), torch.zeros(300, d))
    metric.reset()
    for part in x.chunk(parts):
        metric.update(part.view(-1, 2, 4), torch.zeros(len(part), d))
    return metric.compute()["ppca"]


@pytest.mark.parametrize(("parts", "at_once"), [(1, 4096), (7, 13)])
@pytest.mark.parametrize("d", [1, 3, 7])
def test_is_scikit_learns(d: int, parts: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppca, "AT_ONCE", at_once)
    reference = Reference(d).fit(TRAIN.numpy())
    # it divides by n − 1 where the likelihood is largest by n
    shrink = len(TRAIN) / (len(TRAIN) - 1)
    reference.explained_variance_ /= shrink
    reference.noise_variance_ /= shrink
    assert score(d, TEST, parts) == pytest.approx(reference.score(TEST.numpy()), rel=1e-9)


def test_is_above_every_other_linear_gaussian_model_on_its_own_rows() -> None:
    best, generator = score(2, TRAIN), torch.Generator().manual_seed(1)
    eigen = np.linalg.eigh(np.cov(TRAIN.numpy().T, bias=True))
    top, noise = eigen.eigenvalues[-2:], eigen.eigenvalues[:-2].mean()
    w = torch.from_numpy(eigen.eigenvectors[:, -2:] * np.sqrt(top - noise))
    for step in (0.0, 1e-2, 1e-1, 1.0):
        for _ in range(5):
            other = w + step * torch.randn(w.shape, generator=generator, dtype=torch.float64)
            covariance = other @ other.T + noise * (1 + step) * torch.eye(8)
            found = MultivariateNormal(TRAIN.mean(0), covariance).log_prob(TRAIN).mean().item()
            assert found == pytest.approx(best, rel=1e-9) if step == 0 else found < best


@pytest.mark.parametrize(("dim", "rows", "most"), [(8, 300, 8), (7, 300, None), (4, 5, 4), (3, 5, None)])
def test_needs_directions_that_are_left_over(dim: int, rows: int, most: int | None) -> None:
    dataset = SimpleNamespace(shape=(2, 4), splits={"train": torch.arange(rows)})
    system = SimpleNamespace(model=SimpleNamespace(latent=SimpleNamespace(dim=dim)), dataset=dataset)
    said = f"needs model.latent.dim below {most}, the rank of the training rows, got {dim}"
    assert list(PPCA().objections(cast(Any, system))) == ([] if most is None else [said])
