"""The mixture prior: its density by scipy, its draws, and that it can be learned."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as Reference

from aelab.loss.kl import KL
from aelab.model.latent.gaussian import Gaussian, diagonal
from aelab.model.prior.gaussian_mixture import GaussianMixture


def make(
    dim: int = 2, components: int = 5, learned: bool = False, covariance: Any = "diagonal", **changed: Any
) -> GaussianMixture:
    return GaussianMixture(
        dim, components, learned, covariance, **({"radius": 2, "along": 0.5, "across": 0.1} | changed)
    )


def components(dim: int, k: int) -> list[tuple[Any, Any]]:
    """(mean, covariance) of each, by turning the first one."""
    found = []
    for angle in 2 * np.pi * np.arange(k) / k:
        turn = np.eye(dim)
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        flat = np.diag([0.5**2, 0.1**2] + [1.0] * (dim - 2))
        found.append((turn @ np.eye(dim)[0] * 2, turn @ flat @ turn.T))
    return found


@pytest.mark.parametrize("dim", [2, 4])
@pytest.mark.parametrize("k", [1, 5, 10])
def test_its_density_is_the_mixtures(dim: int, k: int) -> None:
    z = 2 * torch.randn(40, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    densities = [multivariate_normal(m, s).pdf(z.numpy()) for m, s in components(dim, k)]
    found = make(dim, k).double().given(torch.zeros(40, 3)).log_prob(z)  # whatever the condition
    np.testing.assert_allclose(found.exp(), np.mean(densities, axis=0), rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical"])
def test_what_is_written_into_it_is_its_density(covariance: Any) -> None:
    generator = np.random.default_rng(0)
    a = generator.normal(size=(3, 4, 4))
    whole = a @ a.transpose(0, 2, 1) + 0.1 * np.eye(4)  # [K, d, d]
    given = {
        "full": whole,
        "tied": whole[0],
        "diagonal": np.diagonal(whole, axis1=1, axis2=2),
        "spherical": whole[:, 0, 0],
    }[covariance]
    each = {
        "full": whole,
        "tied": whole[[0, 0, 0]],
        "diagonal": [np.diag(row.diagonal()) for row in whole],
        "spherical": [row[0, 0] * np.eye(4) for row in whole],
    }[covariance]
    weights, mean, z = np.array([0.2, 0.5, 0.3]), generator.normal(size=(3, 4)), generator.normal(size=(9, 4))
    prior = make(4, 3, True, covariance).double()
    assert not prior.fitted and not make(4, 3).fitted
    prior.write(*(torch.tensor(np.array(part)) for part in (weights, mean, given)))
    joint = np.stack(
        [
            np.log(p) + multivariate_normal(m, s).logpdf(z)
            for p, m, s in zip(weights, mean, each, strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(prior.log_joint(torch.from_numpy(z)).detach(), joint, rtol=1e-9)
    found = prior.given().log_prob(torch.from_numpy(z)).detach()
    np.testing.assert_allclose(found, np.log(np.exp(joint).sum(1)), rtol=1e-9)
    other = make(4, 3, True, covariance).double()
    other.load_state_dict(prior.state_dict())
    assert torch.equal(other.given().log_prob(torch.from_numpy(z)).detach(), found) and other.fitted
    with pytest.raises(ArithmeticError):
        prior.write(
            torch.tensor(weights), torch.tensor(mean), torch.zeros(np.shape(given), dtype=torch.float64)
        )


def test_its_draws_stand_around_the_circle_stretched_outwards() -> None:
    torch.manual_seed(0)
    z = make(2, 5).sample(20_000)
    assert z.shape == (20_000, 2)
    nearest = ((torch.atan2(z[:, 1], z[:, 0]) * 5 / (2 * math.pi)).round() % 5).long()
    for k, (mean, covariance) in enumerate(components(2, 5)):
        own = z[nearest == k].numpy()
        assert len(own) / len(z) == pytest.approx(0.2, abs=0.015)
        np.testing.assert_allclose(own.mean(0), mean, atol=0.04)
        np.testing.assert_allclose(np.cov(own.T), covariance, atol=0.02)


def test_fixed_it_has_nothing_to_save_or_to_train() -> None:
    assert make().state_dict() == {} and list(make().parameters()) == []
    assert {name for name, _ in make(learned=True).named_parameters()} == {"mean", "logits", "log_std"}


@pytest.mark.parametrize(("covariance", "other"), [("diagonal", "diag"), ("full", "full")])
def test_learned_it_finds_the_mixture_that_scikit_learn_finds(covariance: str, other: Any) -> None:
    torch.manual_seed(0)
    sharp = torch.tensor([[0.3, 0.8], [0.6, 0.2]])
    rows = torch.cat([torch.randn(900, 2) * sharp[0] + 1.5, torch.randn(300, 2) * sharp[1] - 1])
    prior = make(components=2, learned=True, covariance=covariance)
    optimizer = torch.optim.Adam(prior.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        (-prior.given().log_prob(rows).mean()).backward()
        optimizer.step()
    best = Reference(2, covariance_type=other, random_state=0).fit(rows.numpy())
    assert prior.given().log_prob(rows).mean().item() == pytest.approx(best.score(rows.numpy()), abs=1e-3)


@pytest.mark.parametrize("learned", [False, True])
def test_kl_from_it_is_drawn_and_reaches_what_is_learned(learned: bool) -> None:
    torch.manual_seed(0)
    prior, mean = make(components=1, learned=learned), torch.zeros(1, 2, requires_grad=True)
    q = diagonal(mean, torch.tensor([[0.5, 0.1]]))
    found = KL(1.0, "forward", "auto", 20_000, None)(q, prior)
    # one component: two normal distributions 2 apart, along · I where it is learned
    across = 0.5 if learned else 0.1
    exact = 0.5 * (2 / 0.5) ** 2 + 0.5 * ((0.1 / across) ** 2 - 1) - math.log(0.1 / across)
    assert found.item() == pytest.approx(exact, rel=0.02)
    found.sum().backward()
    assert mean.grad is not None and mean.grad[0, 0] < 0
    assert not learned or prior.mean.grad is not None


@pytest.mark.parametrize(
    ("direction", "estimate", "learned", "said"),
    [
        ("forward", "auto", True, None),
        ("reverse", "auto", False, None),
        ("forward", "closed", False, "estimate=closed, and GaussianMixture has no closed form known"),
        ("reverse", "auto", True, "direction=reverse draws from GaussianMixture, which cannot be learned"),
    ],
)
def test_what_kl_cannot_do_with_it_is_said_before(
    direction: Any, estimate: Any, learned: bool, said: str | None
) -> None:
    model = SimpleNamespace(latent=Gaussian(2), prior=make(learned=learned), condition=None)
    before = torch.get_rng_state()
    lines = list(KL(1.0, direction, estimate, 1, None).objections(cast(Any, model)))
    assert [line[: len(said or "")] for line in lines] == ([] if said is None else [said])
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dim": 1}, "stands around a circle, in a code of at least 2 numbers, got dim=1"),
        ({"components": 0}, "components must be at least 1, got 0"),
        ({"radius": math.inf}, "radius must be positive and finite, got inf"),
        ({"across": 0.0}, "across must be positive and finite, got 0.0"),
    ],
)
def test_refusals(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        make(**changed)
    assert str(caught.value) == said
