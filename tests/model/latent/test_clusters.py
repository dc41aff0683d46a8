"""Soft assignments to centroids: Student's t written out, and the nearest in the end."""

from typing import Any

import pytest
import torch
from scipy.stats import t as student

from aelab.model.clustering import Clustering
from aelab.model.latent.clusters import Clusters


def latent(alpha: float = 1.0, clusters: int = 4, dim: int = 3) -> Clusters:
    made = Clusters(dim, clusters, alpha)
    torch.manual_seed(0)
    made.centroids.data = torch.randn(clusters, dim)
    return made


@pytest.mark.parametrize("alpha", [0.5, 1.0, 9.0])
def test_is_a_students_t_of_the_distance(alpha: float) -> None:
    """scipy's density of α degrees of freedom, normalised over the centroids."""
    made, z = latent(alpha), torch.randn(6, 3)
    apart = torch.cdist(z, made.centroids.detach()).double().numpy()
    density = student.pdf(apart, df=alpha)
    q = made(z)["assignment"]
    expected = torch.from_numpy(density / density.sum(1, keepdims=True)).float()
    torch.testing.assert_close(q.detach(), expected)
    torch.testing.assert_close(q.sum(1), torch.ones(6))


def test_the_largest_is_the_nearest_centroid_s() -> None:
    made, z = latent(), torch.randn(200, 3)
    assert torch.equal(made.assign(z).argmax(1), torch.cdist(z, made.centroids).argmin(1))


def test_a_code_on_a_centroid_has_a_gradient() -> None:
    made = latent()
    z = made.centroids.detach().clone().requires_grad_()
    made.assign(z).diagonal().log().sum().backward()
    assert z.grad is not None and torch.isfinite(z.grad).all()
    assert made.centroids.grad is not None and torch.isfinite(made.centroids.grad).all()


def test_far_away_no_row_is_lost() -> None:
    q = latent().assign(torch.tensor([[1e6, 0.0, 0.0]]))
    torch.testing.assert_close(q.sum(1), torch.ones(1))


def test_it_is_a_plain_code_among_centroids_and_draws_nothing() -> None:
    made, h = Clusters(3, 4, activation="relu"), torch.randn(5, 3)
    assert torch.equal(made(h)["z"], h.relu()) and made.bounds == (0, float("inf"))
    assert isinstance(made, Clustering) and not made.centroids.any()
    torch.manual_seed(0)
    before = torch.rand(1)
    torch.manual_seed(0)
    Clusters(3, 7)
    assert torch.equal(torch.rand(1), before)  # so that nets begin alike whatever the number of clusters


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clusters": 1}, "clusters must be at least 2, got 1"),
        ({"alpha": 0.0}, "alpha must be positive, got 0.0"),
    ],
)
def test_refuses(settings: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"dim": 3, "clusters": 4}
    with pytest.raises(ValueError) as caught:
        Clusters(**(given | settings))
    assert str(caught.value) == said
