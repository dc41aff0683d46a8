"""NMF: parts found again from their sums, in non-negative data only."""

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, scores
from scipy.optimize import nnls

from aelab.baseline.baseline import matrix
from aelab.baseline.nmf import NMF
from aelab.dataset.dataset import Dataset
from aelab.dataset.scale import fixed


def sums(n: int = 400, parts: int = 3, features: int = 12) -> tuple[Dataset, np.ndarray]:
    """(rows that add up a few parts, the parts [parts, features], which share no feature)"""
    generator = np.random.default_rng(0)
    h = np.kron(np.eye(parts), generator.uniform(0.5, 1, features // parts))
    z = generator.exponential(1, (n, parts)) * (generator.random((n, parts)) < 0.6)
    return Memory(torch.tensor(z @ h).float()).setup(), h


def test_the_parts_come_back() -> None:
    dataset, h = sums()
    nmf = NMF(max_iter=1000, rows=1000)
    assert scores(nmf, dataset, "test", 3)["mse"] < 1e-5
    found = nmf.fitted.components_
    like = found @ h.T / np.outer(np.linalg.norm(found, axis=1), np.linalg.norm(h, axis=1))
    np.testing.assert_allclose(like.max(0), 1, atol=1e-2)
    assert sorted(like.argmax(1)) == [0, 1, 2]


def test_codes_are_the_best_that_are_not_negative() -> None:
    dataset = Memory(torch.rand(300, 10, generator=torch.Generator().manual_seed(0))).setup()
    nmf = NMF(max_iter=2000, rows=1000)
    nmf.fit(dataset, 4)
    x = matrix(dataset, dataset.splits["test"])
    want = np.stack([nnls(nmf.fitted.components_.T.astype(float), row)[0] for row in x.astype(float)])
    np.testing.assert_allclose(nmf.encode(x), want, atol=0.02)
    assert (nmf.encode(x) >= 0).all() and (nmf.fitted.components_ >= 0).all()


def test_what_noise_took_below_zero_counts_as_zero() -> None:
    dataset, _ = sums()
    nmf = NMF(max_iter=1000, rows=1000)
    nmf.fit(dataset, 3)
    x = matrix(dataset, dataset.splits["test"]) - 0.3
    np.testing.assert_array_equal(nmf.encode(x), nmf.encode(np.maximum(x, 0)))


def test_negative_data_is_objected_to() -> None:
    dataset, _ = sums()
    assert not list(NMF(max_iter=10, rows=100).objections(dataset))
    shifted = Memory(dataset.rows.x, fixed(1.0, 1.0)).setup()
    (line,) = NMF(max_iter=10, rows=100).objections(shifted)
    assert (
        line.startswith("NMF needs data of at least 0; this lies in [-1, ") and "dataset.scale=unit" in line
    )


def test_more_numbers_than_features_are_as_many_as_features() -> None:
    dataset, _ = sums()
    nmf = NMF(max_iter=1000, rows=1000)
    nmf.fit(dataset, 50)
    assert nmf.encode(matrix(dataset, dataset.splits["test"])).shape[1] == 12


def test_rows_are_capped_and_no_convergence_is_said(caplog: pytest.LogCaptureFixture) -> None:
    x = torch.rand(300, 10, generator=torch.Generator().manual_seed(0))
    NMF(max_iter=1, rows=30).fit(Memory(x).setup(), 4)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "baseline=nmf has not converged; raise baseline.nmf.max_iter=1"


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="rows must be at least 2, got 1"):
        NMF(max_iter=10, rows=1)
