"""Orthogonality: matrices whose distance from orthonormal ones is known."""

import math

import pytest
import torch
from torch import Tensor

from aelab.metric.orthogonality import Orthogonality


def distance(w: Tensor) -> float:
    metric = Orthogonality()
    metric.reset()
    for _ in range(2):
        metric.update(torch.zeros(3, w.shape[1]), lambda z: {"x_hat": z @ w.T.to(z) - 1})
    return metric.compute()["orthogonality"]


def test_is_zero_for_orthonormal_columns_only() -> None:
    q = torch.linalg.qr(torch.randn(9, 4, generator=torch.Generator().manual_seed(0)))[0]
    assert distance(q) == pytest.approx(0, abs=1e-5)
    assert distance(2 * q) == pytest.approx(3 * math.sqrt(4), rel=1e-5)  # ‖4I − I‖_F
    assert distance(0 * q) == pytest.approx(math.sqrt(4))
    same = q[:, :1].expand(9, 4)
    assert distance(same) == pytest.approx(math.sqrt(4 * 3), rel=1e-5)  # ones beside the diagonal


def test_nothing_seen_says_nothing() -> None:
    metric = Orthogonality()
    metric.reset()
    assert metric.compute() == {}
