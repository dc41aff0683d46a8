"""Runs with a stage em: behind a fit, before one, resumed, and what it cannot fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.mixture import GaussianMixture as Reference
from training import composed, same, weights

import aelab
from aelab.assemble import assemble
from aelab.errors import Collapsed, UserError
from aelab.fitting import fit
from aelab.history import read
from aelab.stage.em import mixtures

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


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical"])
def test_codes_that_are_all_equal_are_said_and_not_nan(covariance: str, tmp_path: Path) -> None:
    settings = ["experiment=gaussian_mixture", "dataset.noise=0", "dataset.components=1", "recipe.em.floor=0"]
    plain = ["name=test", "dataset.limit=40", "trainer=cpu", "logger=none"]
    settings += [f"model.prior.covariance={covariance}", "baseline=none", "figure=none"]
    config = composed(*settings, tiny=plain)
    with pytest.raises(Collapsed, match=r"larger recipe\.em\.floor than 0 or fewer"):
        fit(config, assemble(config, tmp_path), tmp_path)
