"""Isomap: a curved sheet rolled out."""

import numpy as np
import pytest
import torch
from baseline.made_up import Memory

from aelab.baseline.baseline import matrix
from aelab.baseline.isomap import Isomap
from aelab.dataset.dataset import Dataset


def arc(n: int = 600) -> tuple[Dataset, np.ndarray]:
    """(points on three quarters of a circle, their angles)"""
    angle = np.random.default_rng(0).uniform(0, 1.5 * np.pi, n)
    return Memory(torch.tensor(np.stack([np.cos(angle), np.sin(angle)], 1)).float()).setup(), angle


def test_a_circle_s_arc_is_rolled_out_for_new_rows_too() -> None:
    dataset, angle = arc()
    isomap = Isomap(neighbours=8, rows=1000)
    isomap.fit(dataset, 1)
    rows = dataset.splits["test"]
    z = isomap.encode(matrix(dataset, rows))
    assert z.shape == (len(rows), 1) and isomap.decode(z) is None
    slope, _ = np.polyfit(angle[rows.numpy()], z[:, 0], 1)
    assert abs(slope) == pytest.approx(1, abs=0.05)  # as long as the arc
    assert abs(np.corrcoef(z[:, 0], angle[rows.numpy()])[0, 1]) > 0.999


def test_all_as_neighbours_is_classical_scaling() -> None:
    """Straight distances: the principal coordinates."""
    x = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)) * torch.linspace(3, 0.5, 5)
    dataset = Memory(x).setup()
    isomap = Isomap(neighbours=1000, rows=1000)
    isomap.fit(dataset, 2)
    train = matrix(dataset, dataset.splits["train"]).astype(float)
    u, s, _ = np.linalg.svd(train - train.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(isomap.encode(train)), np.abs(u * s)[:, :2], atol=1e-2)


def test_the_first_coordinates_do_not_depend_on_how_many_there_are() -> None:
    dataset, _ = arc()
    one, three = Isomap(neighbours=8, rows=1000), Isomap(neighbours=8, rows=1000)
    one.fit(dataset, 1)
    three.fit(dataset, 3)
    x = matrix(dataset, dataset.splits["test"])
    np.testing.assert_allclose(np.abs(three.encode(x)[:, :1]), np.abs(one.encode(x)), atol=1e-3)


def test_parts_are_joined_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    x = torch.rand(80, 3, generator=torch.Generator().manual_seed(0))
    x[::2] += 100
    isomap = Isomap(neighbours=3, rows=1000)
    isomap.fit(Memory(x).setup(), 2)
    assert np.isfinite(isomap.encode(x.numpy())).all()
    (line,) = [record.getMessage() for record in caplog.records]
    assert "in parts, which were joined; raise baseline.isomap.neighbours=3" in line


def test_rows_are_capped() -> None:
    dataset, _ = arc()
    isomap = Isomap(neighbours=5, rows=50)
    isomap.fit(dataset, 2)
    assert 25 < len(isomap.fitted.embedding_) <= 50


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="neighbours must be at least 1, got 0"):
        Isomap(neighbours=0, rows=50)
