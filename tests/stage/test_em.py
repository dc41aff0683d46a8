"""Expectation maximisation: scikit-learn's own, step by step, and the bound that climbs."""

from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans as Clustered
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor

from aelab.build import build
from aelab.model.prior.gaussian_mixture import GaussianMixture
from aelab.places import conf_dir
from aelab.stage.em import EM, Climb, maximum

K, D = 3, 2
TYPES = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}
"""Covariances, and what scikit-learn calls them."""


def rows(n: int = 400, d: int = D) -> Tensor:
    """Three clusters that overlap, none of them round."""
    generator = np.random.default_rng(0)
    parts = [
        generator.normal(size=(n * (k + 1) // 6, d)) @ generator.normal(size=(d, d))
        + 2 * generator.normal(size=d)
        for k in range(3)
    ]
    return torch.from_numpy(np.concatenate(parts))


def stage(start: Any = "k-means++", starts: int = 1, steps: int = 200, tolerance: float = 1e-9) -> EM:
    return EM(start, starts, steps, tolerance, floor=1e-6)


def prior(covariance: Any = "full", dim: int = D, components: int = K) -> GaussianMixture:
    return GaussianMixture(dim, components, True, covariance, 2.0, 0.5, 0.1)


def climb(em: EM, z: Tensor, covariance: Any = "full", seed: int = 0) -> Climb:
    return em.climb(em.begin(prior(covariance, z.shape[1]), z, seed), z, lambda: None)


def covariance_of(mixture: GaussianMixture) -> np.ndarray:
    """[K, d, d], from nothing but draws' density: −½ times its logarithm's second derivative, inverted."""
    found = []
    for k in range(mixture.components):
        point = mixture.mean[k].detach()
        hessian = torch.autograd.functional.hessian(lambda z, k=k: mixture.log_joint(z[None])[0, k], point)
        found.append(torch.linalg.inv(-hessian).numpy())  # type: ignore[operator]
    return np.stack(found)


def reference(em: EM, z: Tensor, covariance: str, **settings: Any) -> Reference:
    """scikit-learn's fit from our start."""
    begun = em.begin(prior(covariance, z.shape[1]), z, 0)
    sigma = covariance_of(begun)
    precisions = np.linalg.inv(
        {"full": sigma, "tied": sigma[0], "diagonal": sigma, "spherical": sigma}[covariance]
    )
    if covariance == "diagonal":
        precisions = np.diagonal(precisions, axis1=1, axis2=2)
    if covariance == "spherical":
        precisions = precisions[:, 0, 0]
    model = Reference(
        K,
        covariance_type=TYPES[covariance],  # type: ignore[arg-type]
        weights_init=begun.logits.detach().softmax(0).numpy(),
        means_init=begun.mean.detach().numpy(),
        precisions_init=precisions,
        random_state=0,
        **settings,
    )
    return model.fit(z.numpy())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("covariance", TYPES)
@pytest.mark.parametrize("steps", [1, 7])
def test_every_step_is_scikit_learns(covariance: str, steps: int) -> None:
    em, z = stage(steps=steps, tolerance=0), rows()
    found, expected = climb(em, z, covariance), reference(em, z, covariance, max_iter=steps, tol=0.0)
    assert len(found.bound) == steps + 1
    assert found.log_density[-1] == pytest.approx(expected.score(z.numpy()), abs=1e-9)
    ours = found.mixture
    np.testing.assert_allclose(ours.mean.detach(), np.asarray(expected.means_), atol=1e-8)
    np.testing.assert_allclose(ours.logits.detach().softmax(0), np.asarray(expected.weights_), atol=1e-9)
    sigma = np.asarray(expected.covariances_)
    wide = {"full": sigma, "tied": np.stack([sigma] * K) if steps else sigma}.get(covariance)
    if wide is None:
        wide = np.stack([np.diag(row) if row.ndim else row * np.eye(D) for row in sigma])
    np.testing.assert_allclose(covariance_of(ours), wide, atol=1e-8)


@pytest.mark.parametrize("covariance", TYPES)
def test_its_likelihood_is_scikit_learns(covariance: str) -> None:
    em, z = stage(), rows()
    found, expected = climb(em, z, covariance), reference(em, z, covariance, max_iter=500, tol=1e-10)
    assert found.is_done
    assert found.log_density[-1] == pytest.approx(expected.score(z.numpy()), abs=1e-6)


@pytest.mark.parametrize("covariance", TYPES)
@pytest.mark.parametrize("start", ["k-means", "k-means++", "random", "prior"])
def test_the_bound_climbs_with_every_half_step(covariance: str, start: str) -> None:
    found = climb(stage(start, tolerance=1e-7), rows(d=3), covariance)
    assert found.bound[0] == found.log_density[0] and len(found.bound) > 3
    halves = [value for pair in zip(found.bound, found.log_density, strict=True) for value in pair]
    assert np.diff(halves).min() > -1e-5  # what `floor` takes from M
    gaps = np.subtract(found.log_density, found.bound)[1:]
    assert (gaps > 0).all() and gaps[0] > 1e-4  # a strict bound: the E before was of other parameters


def test_the_bound_is_the_formula_and_e_closes_it() -> None:
    """Σ_i Σ_k r_ik (log π_k N(z_i) − log r_ik) / n by loops, of the r of the start and the θ of the step."""
    z = rows(60)
    before, after = climb(stage(steps=0), z).mixture, climb(stage(steps=1), z)

    def log_joint(mixture: GaussianMixture) -> np.ndarray:
        pi, m = mixture.logits.detach().softmax(0).numpy(), mixture.mean.detach().numpy()
        parts = zip(pi, m, covariance_of(mixture), strict=True)
        return np.stack([np.log(p) + multivariate_normal(mu, s).logpdf(z.numpy()) for p, mu, s in parts], 1)

    def bound(r: np.ndarray, mixture: GaussianMixture) -> float:
        terms = log_joint(mixture) - np.log(r, where=r > 0, out=np.zeros_like(r))
        return float((r * terms).sum() / len(z))

    def posterior(mixture: GaussianMixture) -> np.ndarray:
        p = np.exp(log_joint(mixture))
        return p / p.sum(1, keepdims=True)

    old, new = posterior(before), posterior(after.mixture)
    assert after.bound[1] == pytest.approx(bound(old, after.mixture), abs=1e-9)
    assert after.log_density[1] == pytest.approx(bound(new, after.mixture), abs=1e-9)
    assert after.log_density[0] == pytest.approx(bound(old, before), abs=1e-9)


def test_random_starts_are_as_wide_as_all_codes_and_the_seeds() -> None:
    z, em = rows(), stage("random")
    begun = em.begin(prior(), z, 0)
    np.testing.assert_allclose(covariance_of(begun)[1], np.cov(z.T.numpy(), bias=True), atol=1e-5)
    assert all((z == mean).all(1).any() for mean in begun.mean)
    assert torch.equal(begun.mean, em.begin(prior(), z, 0).mean)
    assert not torch.equal(begun.mean, em.begin(prior(), z, 1).mean)


def test_a_start_by_k_means_is_of_scikit_learns_clusters() -> None:
    z, em = rows(), stage("k-means", starts=5)
    z = z + 30 * torch.bucketize(torch.arange(len(z)), torch.tensor([65, 198]))[:, None]  # far apart
    theirs = Clustered(K, n_init=5, random_state=0).fit(z.numpy())  # type: ignore[arg-type]
    centres, labels = theirs.cluster_centers_, np.asarray(theirs.labels_)
    for covariance in ("full", "tied"):
        begun = em.begin(prior(covariance), z, 0)
        order = np.linalg.norm(begun.mean.detach().numpy()[:, None] - centres, axis=2).argmin(1)
        np.testing.assert_allclose(begun.mean.detach(), centres[order], atol=1e-6)
        shares = np.bincount(labels)[order] / len(z)
        np.testing.assert_allclose(begun.logits.detach().softmax(0), shares, atol=1e-9)
        sigma = np.stack([np.cov(z.numpy()[labels == k].T, bias=True) for k in order])
        tied = np.stack([np.average(sigma, axis=0, weights=shares)] * K)
        expected = sigma if covariance == "full" else tied
        np.testing.assert_allclose(covariance_of(begun), expected, atol=1e-5)


def test_a_component_that_is_nowhere_makes_no_nan() -> None:
    z = rows()
    r = torch.zeros(len(z), K, dtype=torch.float64)
    r[:, 0] = 1
    for covariance in TYPES:
        mixture = prior(covariance).double()
        mixture.write(*maximum(z, r, covariance, 1e-6))  # type: ignore[arg-type]
        assert mixture.log_joint(z).isfinite().all()


def test_every_setting_is_in_its_file_and_refused_where_it_is_senseless() -> None:
    config = OmegaConf.load(conf_dir() / "stage" / "em.yaml")
    assert isinstance(build(config), EM)  # type: ignore[arg-type]
    wrong: list[dict[str, Any]] = [{"starts": 0}, {"steps": -1}, {"tolerance": -1.0}]
    for changed in wrong:
        with pytest.raises(ValueError, match=f"^{next(iter(changed))} must be at least"):
            stage(**changed)
