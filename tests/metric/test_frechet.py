"""The Fréchet distance: closed forms of normal distributions, 0 for equal sets, draws given their c."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from scipy.linalg import sqrtm
from torch import Tensor, nn

from aelab.assemble import assemble_system
from aelab.errors import UserError
from aelab.metric.frechet import Frechet, Moments, frechet
from aelab.model.prior.normal import Normal


class Pixels(nn.Module):
    """Stands for a classifier whose features are the image itself."""

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def metric(samples: int = 1) -> Frechet:
    made = Frechet(samples)
    made.reference = Pixels()  # type: ignore[assignment]
    made.reset()
    return made


def normal(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def covariance(d: int, seed: int, rank: int | None = None) -> Tensor:
    factor = normal(d, rank or d, seed)
    return factor @ factor.T


@pytest.mark.parametrize("d", [1, 6])
def test_is_the_sum_over_axes_where_covariances_are_diagonal(d: int) -> None:
    (m_a, m_b), (s_a, s_b) = normal(2, d), normal(2, d, 1).abs()
    expected = ((m_a - m_b) ** 2 + (s_a - s_b) ** 2).sum().item()
    assert frechet(m_a, s_a.square().diag(), m_b, s_b.square().diag()) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_the_root_of_scipy(seed: int) -> None:
    m_a, m_b, s_a, s_b = *normal(2, 5, seed), covariance(5, seed + 10), covariance(5, seed + 20)
    root = np.real(sqrtm((s_a @ s_b).numpy()))
    expected = ((m_a - m_b) ** 2).sum().item() + np.trace((s_a + s_b).numpy() - 2 * root)
    assert frechet(m_a, s_a, m_b, s_b) == pytest.approx(expected)
    assert frechet(m_b, s_b, m_a, s_a) == pytest.approx(expected)


def test_is_the_squared_distance_of_the_roots_where_covariances_commute_and_are_singular() -> None:
    axes, _ = torch.linalg.qr(normal(6, 6))
    a, b = torch.tensor([[3.0, 1, 0, 0, 2, 0], [0.5, 0, 0, 1, 2, 0]], dtype=torch.float64)
    s_a, s_b = ((axes * s.square()) @ axes.T for s in (a, b))
    assert frechet(a, s_a, a, s_b) == pytest.approx((a - b).square().sum().item())


def test_moments_that_come_batch_by_batch_are_numpys() -> None:
    h, moments = normal(50, 4) + 3, Moments()
    for piece in h.split(17):
        moments.add(piece)
    np.testing.assert_allclose(moments.mean, h.numpy().mean(0))
    np.testing.assert_allclose(moments.covariance, np.cov(h.numpy().T))


def test_equal_sets_are_at_0_and_moved_ones_at_the_squared_step() -> None:
    x = normal(200, 6).view(200, 1, 2, 3)
    found = metric()
    step = torch.arange(6.0, dtype=torch.float64).view(1, 2, 3)
    for part in x.split(70):
        found.update(part, part + step, Normal(1), lambda z, same=part: {"x_hat": same})
    scores = found.compute()
    assert scores["frechet"] == pytest.approx(0, abs=1e-9)
    assert scores["frechet_reconstruction"] == pytest.approx(float(sum(i**2 for i in range(6))))


def test_draws_of_the_prior_are_scored_as_the_distribution_they_are_from() -> None:
    torch.manual_seed(0)
    x = (2 * normal(20000, 3) + 1)[:, None, None, :]
    found = metric(samples=3)
    found.update(x, x, Normal(3), lambda z: {"x_hat": z[:, None, None, :]})
    assert found.draws.n == 60000
    assert found.compute()["frechet"] == pytest.approx(3 * (1**2 + 1**2), rel=0.03)


def test_draws_have_the_c_of_their_rows() -> None:
    x, given = normal(8, 4)[:, None, None, :], []

    class Given(Normal):
        def sample(self, n: int, c: Tensor | None = None) -> Tensor:
            given.append((n, c))
            return super().sample(n, c)

    found, c = metric(), torch.eye(8)
    found.update(x, x, Given(4), lambda z: {"x_hat": z}, c)
    assert given == [(8, c)]


def test_a_single_row_has_no_covariance() -> None:
    found, x = metric(), torch.zeros(1, 1, 2, 2)
    found.update(x, x, Normal(4), lambda z: {"x_hat": z})
    assert found.compute() == {}


def test_refuses() -> None:
    with pytest.raises(ValueError, match=r"^samples must be at least 1, got 0"):
        Frechet(0)


def test_data_without_a_classifier_is_refused(composed: Callable[..., DictConfig]) -> None:
    with pytest.raises(UserError) as refusal:
        assemble_system(composed("dataset=two_moons", "metric=frechet"))
    assert refusal.value.problems == ("metric.frechet: needs images; these rows are vectors [2]",)
