"""The principal angle: planes turned by a known angle."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from aelab.metric import principal_angle
from aelab.metric.linear import Decode
from aelab.metric.principal_angle import PrincipalAngle


def decoder(w: Tensor, offset: float = 3.0) -> Decode:
    """x̂ = Wz + b, as images of two rows."""
    return lambda z: {"x_hat": (z @ w.T.to(z) + offset).unflatten(1, (1, 2, -1))}


def rows(n: int = 500, features: int = 8, seed: int = 0) -> Tensor:
    """[n, 1, 2, 4]: along the axes, less and less, far from the origin."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, features, generator=generator, dtype=torch.float64)
    x = torch.linalg.qr(x - x.mean(0))[0]  # exactly uncorrelated, so that the axes are the components
    return (x * 2.0 ** -torch.arange(features) + 10).float().view(n, 1, 2, -1)


def angle(w: Tensor, x: Tensor) -> float:
    metric = PrincipalAngle()
    z = torch.zeros(len(x), w.shape[1])
    metric.fit(x, z)
    metric.reset()
    for part in z.split(100):
        metric.update(part, decoder(w))
    return metric.compute()["principal_angle"]


@pytest.mark.parametrize("degrees", [0.5, 10, 45, 80, 90])
def test_is_the_angle_by_which_the_span_is_turned(degrees: float) -> None:
    w = torch.eye(8, 3, dtype=torch.float64)
    a = np.radians(degrees)
    w[2, 2], w[5, 2] = np.cos(a), np.sin(a)
    mixed = w @ torch.randn(3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert angle(w, rows()) == pytest.approx(degrees, abs=0.05)
    assert angle(7 * mixed, rows()) == pytest.approx(degrees, abs=0.05)  # the columns do not matter


def test_is_zero_for_the_components_in_any_basis_and_for_the_whole_space() -> None:
    basis = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    assert angle(torch.eye(8, 3) @ basis, rows()) == pytest.approx(0, abs=0.05)
    assert angle(torch.eye(8), rows()) == pytest.approx(0, abs=0.05)


def test_a_span_that_lacks_a_direction_is_at_right_angles() -> None:
    w = torch.eye(8, 3)
    w[:, 2] = 0
    assert angle(w, rows()) == 90
    w[:, 2] = w[:, 1]
    assert angle(w, rows()) == 90


def test_fewer_rows_than_features_or_than_units() -> None:
    x = torch.randn(6, 1, 2, 4, generator=torch.Generator().manual_seed(0))
    v = torch.linalg.svd(x.flatten(1) - x.flatten(1).mean(0), full_matrices=False)[2]  # [6, 8]
    assert angle(v[:2].T, x) == pytest.approx(0, abs=0.05)
    assert angle(v[2:4].T, x) == pytest.approx(90, abs=0.05)
    assert 0 <= angle(torch.eye(8), x) <= 0.05


def test_rows_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal_angle, "AT_ONCE", 64)
    x, metric, reference = rows(), PrincipalAngle(), PCA(3, svd_solver="full")
    metric.fit(x, torch.zeros(len(x), 3))
    reference.fit(x.flatten(1).double().numpy())
    cosines = np.asarray(reference.components_) @ metric.components
    np.testing.assert_allclose(np.abs(cosines), np.eye(3), atol=1e-9)


def test_nothing_seen_says_nothing() -> None:
    metric = PrincipalAngle()
    metric.reset()
    assert metric.compute() == {}
