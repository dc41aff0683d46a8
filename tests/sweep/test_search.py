"""Searches: their space is Optuna's, their trials go on, their pruned ones end early."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

optuna = pytest.importorskip("optuna")
from hydra.core.override_parser.overrides_parser import OverridesParser  # noqa: E402
from optuna.distributions import (  # noqa: E402
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState  # noqa: E402

from aelab.errors import UserError  # noqa: E402
from aelab.sweep.space import space  # noqa: E402

SMALL = (
    "dataset.limit=100",
    "trainer=cpu",
    "trainer.max_epochs=2",
    "trainer.check_val_every_n_epoch=1",
    "logger=none",
    "figure=none",
    "baseline=none",
    "hydra/sweeper=optuna",
    "hydra.sweep.dir=search",
)
OBJECTIVE = "objective=val/loss"
LR = "optimizer.lr=tag(log,interval(1e-4,1e-1))"
Aelab = Callable[..., tuple[int, str, str]]
Refused = Callable[..., list[str]]


def study(folder: Path) -> Any:
    return optuna.load_study(study_name="aelab", storage=f"sqlite:///{folder}/search/study.db")


def results(trial: Path) -> dict[str, float]:
    return json.loads((trial / "results.json").read_text())["metrics"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("x=interval(0.1,2)", FloatDistribution(0.1, 2)),
        ("x=tag(log,interval(1e-4,1e-1))", FloatDistribution(1e-4, 1e-1, log=True)),
        ("x=int(interval(2,9))", IntDistribution(2, 9)),
        ("x=range(2,9)", IntDistribution(2, 8)),
        ("x=range(2,9,3)", IntDistribution(2, 8, step=3)),
        ("x=choice(a,b)", CategoricalDistribution(["a", "b"])),
        ("x=[mse],[bce,kl]", CategoricalDistribution(["[mse]", "[bce,kl]"])),
        ("x=1,2.5", CategoricalDistribution(["1", "2.5"])),
    ],
)
def test_ranges_and_choices(override: str, expected: object) -> None:
    assert space(OverridesParser.create().parse_overrides([override, "y=3"])) == {"x": expected}


def test_a_range_that_is_none() -> None:
    with pytest.raises(UserError, match=r"^x: "):
        space(OverridesParser.create().parse_overrides(["x=interval(2,1)"]))


def test_a_search_is_in_its_study_and_goes_on(aelab: Aelab, tmp_path: Path) -> None:
    choices = ["model.latent.dim=2,3", LR, OBJECTIVE]
    status, _, err = aelab("-m", *SMALL, *choices, "hydra.sweeper.n_trials=3")
    assert status == 0, err
    first = study(tmp_path).trials
    assert [trial.state for trial in first] == [TrialState.COMPLETE] * 3
    folders = sorted(tmp_path.glob("search/*/results.json"))
    for trial, path in zip(first, folders, strict=True):
        config = (path.parent / ".hydra" / "config.yaml").read_text()
        assert trial.value == results(path.parent)["val/loss"]
        assert f"lr: {trial.params['optimizer.lr']}" in config
        assert 1e-4 <= trial.params["optimizer.lr"] <= 1e-1
    best = min(first, key=lambda trial: trial.value or 0)
    assert f"best: val/loss {best.value:.4g}, trial {best.number} with " in err
    assert (tmp_path / "search/figures/search_history.png").is_file()
    status, _, err = aelab("resume", "sweep=search", "hydra.sweeper.n_trials=5")
    assert status == 0, err
    again = study(tmp_path).trials
    assert [trial.params for trial in again[:3]] == [trial.params for trial in first]
    assert len(again) == 5 and len({trial.params["optimizer.lr"] for trial in again}) == 5
    assert aelab("resume", "sweep=search", "hydra.sweeper.n_trials=5")[0] == 0
    assert len(study(tmp_path).trials) == 5


def test_a_trial_that_was_interrupted_is_finished_first(aelab: Aelab, tmp_path: Path) -> None:
    assert aelab("-m", *SMALL, LR, OBJECTIVE, "hydra.sweeper.n_trials=1")[0] == 0
    begun = study(tmp_path).ask({"optimizer.lr": FloatDistribution(1e-4, 1e-1, log=True)})
    status, _, err = aelab("resume", "sweep=search", "hydra.sweeper.n_trials=2")
    assert status == 0, err
    trials = study(tmp_path).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 2
    (folder,) = tmp_path.glob("search/1-*")
    assert trials[1].params == begun.params and trials[1].value == results(folder)["val/loss"]


def test_a_grid_is_searched_whole(aelab: Aelab, tmp_path: Path) -> None:
    grid = ["hydra/sweeper/sampler=grid", "model.latent.dim=range(2,4)", "loss=[mse],[bce]"]
    assert aelab("-m", *SMALL, *grid, OBJECTIVE, "hydra.sweeper.n_trials=4")[0] == 0
    tried = {tuple(trial.params.values()) for trial in study(tmp_path).trials}
    assert tried == {(2, "[mse]"), (2, "[bce]"), (3, "[mse]"), (3, "[bce]")}


def test_two_objectives_have_a_front(aelab: Aelab, tmp_path: Path) -> None:
    two = ["objective=[val/mse,val/sse]", "hydra.sweeper.direction=[minimize,maximize]"]
    status, _, err = aelab("-m", *SMALL, LR, *two, "hydra.sweeper.n_trials=3")
    assert status == 0, err
    assert err.count("best: val/mse ") == len(study(tmp_path).best_trials) == 3  # one is the other's multiple


def test_a_bad_trial_is_pruned(aelab: Aelab, tmp_path: Path) -> None:
    """The loss is as large as its weight: one above the median of those before ends after an epoch."""
    pruner = ["hydra/sweeper/pruner=median", "hydra.sweeper.pruner.n_startup_trials=1"]
    weights = ["loss.mse.weight=range(1,60)", "hydra/sweeper/sampler=random", "trainer.max_epochs=3"]
    status, _, err = aelab("-m", *SMALL, *weights, *pruner, OBJECTIVE, "hydra.sweeper.n_trials=4")
    assert status == 0, err
    before: list[int] = []
    for trial in study(tmp_path).trials:
        weight = trial.params["loss.mse.weight"]
        is_bad = bool(before) and weight > np.median(before)
        assert (trial.state == TrialState.PRUNED) == is_bad
        (folder,) = tmp_path.glob(f"search/{trial.number}-*")
        told = json.loads((folder / "status.json").read_text())
        assert (told["status"] == "pruned") == is_bad and len(trial.intermediate_values) == 3 - 2 * is_bad
        if is_bad:
            assert f"{folder.name}: pruned after 2 minibatches at val/loss " in err
        before.append(weight)
    assert "status" in told and any(trial.state == TrialState.PRUNED for trial in study(tmp_path).trials)


def test_a_failed_trial_is_told_and_the_search_goes_on(aelab: Aelab, tmp_path: Path) -> None:
    both = ["optimizer.lr=1e30,1e-3", "hydra/sweeper/sampler=grid", "hydra.sweeper.n_trials=2"]
    status, _, err = aelab("-m", *SMALL, *both, OBJECTIVE)
    assert status == 0 and "failed, loss.mse became NaN" in err and "best: " in err
    states = {trial.params["optimizer.lr"]: trial.state for trial in study(tmp_path).trials}
    assert states == {"1e+30": TrialState.FAIL, "0.001": TrialState.COMPLETE}


def test_a_trial_that_cannot_be_built_is_told(aelab: Aelab, tmp_path: Path) -> None:
    """Unless it is the first, and nobody knows whether any can: then the search does not begin."""
    grid = ["hydra/sweeper/sampler=grid", OBJECTIVE, "hydra.sweeper.n_trials=3"]
    line = "model.latent: dim must be at least 1, got "
    status, _, err = aelab("-m", *SMALL, "model.latent.dim=range(0,3)", *grid)
    trials = study(tmp_path).trials
    assert trials[0].params["model.latent.dim"] > 0  # as the seed has it
    assert status == 0 and f"-dim=0: {line}0" in err and "best: " in err
    states = {trial.params["model.latent.dim"]: trial.state for trial in trials}
    assert states == {0: TrialState.FAIL, 1: TrialState.COMPLETE, 2: TrialState.COMPLETE}
    status, _, err = aelab("-m", *SMALL, "model.latent.dim=0,-1", *grid, "hydra.sweep.dir=other")
    assert status == 2 and err.splitlines()[-1].startswith(line)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([LR], "objective: a search needs one, a validation metric, such as objective=val/loss"),
        ([LR, "objective=test/mse"], "objective: takes validation metrics, such as val/loss, got 'test/mse'"),
        ([LR, "objective=val/nothing"], "hydra.sweeper.direction: minimize or maximize 'val/nothing'?"),
        ([OBJECTIVE], "hydra/sweeper=optuna: nothing to search; 'optimizer.lr=interval(1e-4,1e-2)' is"),
    ],
)
def test_a_search_that_cannot_be(arguments: list[str], line: str, refused: Refused) -> None:
    assert refused("-m", *SMALL, *arguments) == [line]


def test_an_objective_that_no_trial_reports(aelab: Aelab) -> None:
    told = ["objective=val/psnr", "hydra.sweeper.n_trials=2"]
    status, _, err = aelab("-m", *SMALL, LR, *told)
    assert status == 2
    assert (
        err.splitlines()[-1] == "objective: no run reports 'val/psnr'; there are val/loss, val/mse, val/sse"
    )
