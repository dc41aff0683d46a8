"""ICA: sources found again from their mixture; the subspace is PCA's."""

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, scores

from aelab.baseline.baseline import matrix
from aelab.baseline.ica import ICA
from aelab.baseline.pca import PCA
from aelab.dataset.dataset import Dataset


def mixed(n: int = 4000) -> tuple[Dataset, np.ndarray]:
    """Three independent sources [n, 3], none of them normal, mixed into five features."""
    generator = np.random.default_rng(0)
    sources = np.stack(
        [generator.uniform(-1, 1, n), generator.laplace(0, 1, n), generator.exponential(1, n)], 1
    )
    x = sources @ generator.standard_normal((3, 5)) + 4
    return Memory(torch.tensor(x).float()).setup(), sources


@pytest.mark.parametrize("memory", [2.0, 0.0])
def test_the_sources_come_back(memory: float) -> None:
    dataset, sources = mixed()
    ica = ICA(max_iter=1000, memory=memory)
    ica.fit(dataset, 3)
    rows = dataset.splits["test"]
    z = ica.encode(matrix(dataset, rows))
    same = np.abs(np.corrcoef(z.T, sources[rows.numpy()].T)[:3, 3:])  # each code against each source
    np.testing.assert_allclose(np.sort(same, 1)[:, -1], 1, atol=0.01)
    assert sorted(same.argmax(1)) == [0, 1, 2]


def test_codes_are_uncorrelated_and_of_unit_variance() -> None:
    dataset, _ = mixed()
    ica = ICA(max_iter=1000, memory=2.0)
    ica.fit(dataset, 3)
    z = ica.encode(matrix(dataset, dataset.splits["train"]))
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-3)


@pytest.mark.parametrize("dim", [1, 2])
def test_it_rebuilds_what_pca_rebuilds(dim: int) -> None:
    dataset, _ = mixed()
    own = scores(ICA(max_iter=1000, memory=2.0), dataset, "test", dim)
    assert own == pytest.approx(scores(PCA(2.0), dataset, "test", dim), rel=1e-4)


def test_directions_without_variance_are_no_components() -> None:
    dataset, _ = mixed()
    ica = ICA(max_iter=1000, memory=2.0)
    ica.fit(dataset, 5)  # three sources span three directions
    assert ica.encode(matrix(dataset, dataset.splits["test"])).shape[1] == 3
    assert scores(ica, dataset, "test", 5)["mse"] < 1e-8


def test_no_convergence_is_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    ICA(max_iter=1, memory=2.0).fit(mixed()[0], 3)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "baseline=ica has not converged; raise baseline.ica.max_iter=1"


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="max_iter must be at least 1, got 0"):
        ICA(max_iter=0, memory=2.0)
