"""Expectation maximisation: scikit-learn's own, step by step, and the bound that climbs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor
from training import composed, same, weights

import aelab
from aelab.assemble import assemble
from aelab.build import build
from aelab.errors import Collapsed, UserError
from aelab.fitting import fit
from aelab.history import read
from aelab.model.prior.gaussian_mixture import GaussianMixture
from aelab.places import conf_dir
from aelab.stage.em import EM, Climb, maximum, mixtures

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
@pytest.mark.parametrize("start", ["k-means++", "random", "prior"])
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


def test_a_component_that_is_nowhere_makes_no_nan() -> None:
    z = rows()
    r = torch.zeros(len(z), K, dtype=torch.float64)
    r[:, 0] = 1
    for covariance in TYPES:
        mixture = prior(covariance).double()
        mixture.write(*maximum(z, r, covariance, 1e-6))  # type: ignore[arg-type]
        assert mixture.log_joint(z).isfinite().all()


EXPERIMENT = [
    "experiment=gaussian_mixture",
    "dataset.n=400",
    "dataset.limit=null",
    "baseline=gaussian_mixture",
]


def test_a_run_has_scikit_learns_likelihood_and_can_be_used(train: Callable[..., Path]) -> None:
    folder = train(*EXPERIMENT, "recipe.em.tolerance=1e-8")
    metrics = json.loads((folder / "results.json").read_text())["metrics"]
    found = metrics["test/log_density"]
    assert found == pytest.approx(metrics["test/gaussian_mixture_log_density"], abs=1e-3)
    assert found == pytest.approx(-metrics["test/loss"], abs=1e-5)
    run = aelab.load(str(folder))
    system = run.system
    x = {name: system.dataset.gather(system.dataset.splits[name])[0].double() for name in ("train", "test")}
    best = Reference(5, tol=1e-8, max_iter=500, random_state=0).fit(x["train"].numpy())
    assert found == pytest.approx(best.score(x["test"].numpy()), abs=1e-3)
    learnt = system.model.prior.given().log_prob(x["train"].float()).mean().item()
    history = read(folder / "metrics.csv")
    assert learnt == pytest.approx(history[-1]["train/log_density"], abs=1e-5)
    assert [row["step"] for row in history] == list(range(len(history)))
    assert list(mixtures(folder)) == list(range(len(history)))
    assert run.sample(7).shape == (7, 2) and sum(1 for _ in (folder / "checkpoints").glob("*.ckpt")) == 1


def whole(folder: Path, *settings: str, resume: bool = False) -> tuple[Any, int]:
    """The job, done, and its epochs."""
    config = composed("recipe=fit_em", "model/prior=gaussian_mixture", *settings)
    config.model.prior.learned, config.model.prior.covariance = True, "full"
    job = assemble(config, folder)
    return job, fit(config, job, folder, resume)[0]


def test_behind_a_fit_it_is_of_the_codes_and_leaves_the_nets(tmp_path: Path) -> None:
    job, epochs = whole(tmp_path, "model.prior.components=2")
    assert epochs == max(row["epoch"] for row in read(tmp_path / "metrics.csv") if row["stage"] == "train")
    model, dataset = job.system.model, job.system.dataset
    z = model.encode(dataset.gather(dataset.splits["train"])[0])["z"].detach()
    before = torch.load(tmp_path / "checkpoints" / "train" / "best.ckpt", weights_only=True)["state_dict"]
    after = weights(tmp_path)
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("system.model.prior.") for name in changed)
    expected = Reference(2, random_state=0, n_init=5).fit(z.double().numpy())
    assert model.prior.given().log_prob(z).mean().item() == pytest.approx(
        expected.score(z.double().numpy()), abs=0.05
    )
    # resumed, everything is as it was
    csv = (tmp_path / "metrics.csv").read_text()
    whole(tmp_path, "model.prior.components=2", resume=True)
    assert same(weights(tmp_path), after) and (tmp_path / "metrics.csv").read_text() == csv


def test_a_training_behind_it_goes_on_from_where_it_was(tmp_path: Path) -> None:
    """The nets' first training, the mixture and the second training are all kept."""
    told = ["+stage@recipe.more=fit", "model.prior.components=2", "trainer.max_epochs=2"]
    whole(tmp_path, *told)
    kept, csv = weights(tmp_path), (tmp_path / "metrics.csv").read_text()
    assert {row["stage"] for row in read(tmp_path / "metrics.csv")} == {"train", "em", "more"}
    whole(tmp_path, *told, resume=True)
    assert same(weights(tmp_path), kept) and (tmp_path / "metrics.csv").read_text() == csv


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            ["model.prior.components=201"],
            "there are 200 training rows, fewer than model.prior.components=201",
        ),
        (
            ["model.prior.learned=false"],
            "fits the prior to the codes, and this one is fixed; model.prior.learned=true lets it",
        ),
    ],
)
def test_says_what_it_cannot_fit(settings: list[str], line: str, tmp_path: Path) -> None:
    plain = ["name=test", "trainer=cpu", "logger=none", "figure=none", "baseline=none"]
    some = [
        "experiment=gaussian_mixture",
        "dataset.split=all",
        "dataset.n=200",
        "baseline=none",
        "figure=none",
    ]
    with pytest.raises(UserError) as caught:
        assemble(composed(*some, *settings, tiny=plain), tmp_path)
    assert list(caught.value.problems) == [f"recipe.em: {line}"]


def test_takes_no_other_prior(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed("recipe=em"), tmp_path)
    assert list(caught.value.problems) == [
        "recipe.em: fits a mixture to the codes, and the prior is Normal; "
        "model/prior=gaussian_mixture model.prior.learned=true is one"
    ]


@pytest.mark.parametrize("covariance", TYPES)
def test_codes_that_are_all_equal_are_said_and_not_nan(covariance: str, tmp_path: Path) -> None:
    settings = ["experiment=gaussian_mixture", "dataset.noise=0", "dataset.components=1", "recipe.em.floor=0"]
    plain = ["name=test", "dataset.limit=40", "trainer=cpu", "logger=none"]
    settings += [f"model.prior.covariance={covariance}", "baseline=none", "figure=none"]
    config = composed(*settings, tiny=plain)
    with pytest.raises(Collapsed, match=r"larger recipe\.em\.floor than 0 or fewer"):
        fit(config, assemble(config, tmp_path), tmp_path)


def test_every_setting_is_in_its_file_and_refused_where_it_is_senseless() -> None:
    config = OmegaConf.load(conf_dir() / "stage" / "em.yaml")
    assert isinstance(build(config), EM)  # type: ignore[arg-type]
    wrong: list[dict[str, Any]] = [{"starts": 0}, {"steps": -1}, {"tolerance": -1.0}]
    for changed in wrong:
        with pytest.raises(ValueError, match=f"^{next(iter(changed))} must be at least"):
            stage(**changed)
