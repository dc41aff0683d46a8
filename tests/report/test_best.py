"""Which row is best: by the metric that these runs can be compared by, and never by a test metric."""

from pathlib import Path
from typing import Any

import pytest
from command.reports import config, run

from aelab.errors import UserError
from aelab.records import read
from aelab.report.report import Report, report

pytestmark = pytest.mark.usefixtures("here")
DATA = "dataset:\n  batch_size: 64\n  size:\n  - 8\n  - 8\n  _target_: aelab.dataset.digits.Digits\n"


def made(*metrics: dict[str, Any], configs: tuple[str, ...] = (), root: str = "a") -> Report:
    """A row for each, x=0, x=1, ...; two seeds of it whose mean is what is given."""
    folders = []
    for x, own in enumerate(metrics):
        for seed, off in ((0, 0.25), (1, -0.25)):
            folders.append(run(f"{root}/{x}-{seed}", f"x={x}", seed, {k: v + off for k, v in own.items()}))
            if configs:
                config(folders[-1], configs[x])
    return report([read(folder) for folder in folders])


def test_validation_loss_where_all_have_the_same():
    losses = "loss:\n  mse:\n    _target_: aelab.loss.mse.MSE\n    weight: {}\nrecipe:\n  a: 1\n"
    scores = (
        {"test/mse": 1.0, "val/loss": 3.0, "val/mse": 1.0},
        {"test/mse": 9.0, "val/loss": 2.0, "val/mse": 2.0},
    )
    same = made(*scores, configs=(losses.format(1), losses.format(1)))
    assert (same.best.metric, same.best.row) == ("val/loss", 1)
    assert same.verdict == "Best by val/loss (lower is better): x=1, with 2.000 ± 0.354, over 2 seeds."
    assert same.direction("test/loss") == -1
    differing = made(*scores, configs=(losses.format(1), losses.format(2)), root="b")
    assert (differing.best.metric, differing.best.row) == ("val/mse", 0)
    assert differing.direction("test/loss") == 0 and differing.direction("test/mse") == -1


def test_the_mean_over_seeds_counts_and_test_scores_do_not():
    runs = [
        run("a/0", "x=0", 0, {"val/psnr": 9.0, "test/psnr": 9.0}),
        run("a/1", "x=0", 1, {"val/psnr": 1.0, "test/psnr": 9.0}),
        run("a/2", "x=1", 0, {"val/psnr": 6.0, "test/psnr": 1.0}),
        run("a/3", "x=1", 1, {"val/psnr": 6.0, "test/psnr": 1.0}),
    ]
    found = report([read(folder) for folder in runs])
    assert (found.best.metric, found.best.row) == ("val/psnr", 1)
    assert found.verdict == "Best by val/psnr (higher is better): x=1, with 6.000 ± 0.000, over 2 seeds."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("objective: val/psnr", ("val/psnr", 1, "")),
        ("objective: 'val/psnr'", ("val/psnr", 1, "")),
        ("objective: null", ("val/loss", 0, "")),
        ("objective: test/mse", ("", None, "the runs' objective, test/mse, is no validation metric")),
        ("objective: val/x", ("", None, "not every row has the runs' objective, val/x")),
        ("objective: val/own", ("", None, "which way is better is not known of val/own")),
    ],
)
def test_the_runs_own_objective(line: str, expected: tuple[str, int | None, str]):
    scores = [{"val/loss": x, "val/psnr": x, "val/own": x, "test/mse": x} for x in (1.0, 2.0)]
    found = made(*scores, configs=(f"seed: 0\n{line}\n{DATA}",) * 2)
    metric, row, why = expected
    assert (found.best.metric, found.best.row) == (metric, row)
    assert found.best.why == (f"No best row is named: {why}; --best NAME chooses by one." if why else "")
    assert bool(found.again) == (row is not None)


@pytest.mark.parametrize(
    ("configs", "why"),
    [
        ((DATA, DATA.replace("digits.D", "mnist.D")),
         "the data differ (dataset._target_), so scores do not compare"),
        ((DATA, DATA.replace("- 8\n  _", "- 9\n  _")),
         "the data differ (dataset.size), so scores do not compare"),
        ((DATA, DATA.replace("64", "128")), ""),
        (("objective: val/mse\n", "objective: val/sse\n"),
         "the runs have several objectives, val/mse, val/sse"),
    ],
)  # fmt: skip
def test_what_does_not_compare(configs: tuple[str, str], why: str):
    found = made({"val/mse": 1.0, "val/sse": 1.0}, {"val/mse": 2.0, "val/sse": 2.0}, configs=configs)
    assert found.best.why == (f"No best row is named: {why}; --best NAME chooses by one." if why else "")
    assert found.direction("val/sse") == (0 if "data" in why else -1)
    chosen = made_again(by="val/mse")
    assert chosen.best.row == 0  # who asks is answered


def made_again(by: str) -> Report:
    return report([read(folder) for folder in sorted(Path("a").iterdir())], by=by)


def test_nothing_to_choose():
    assert made({"val/mse": 1.0}).verdict == ""
    assert made_again(by="val/mse").verdict == ""


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([{"test/mse": 1.0}, {"test/mse": 2.0}], "the rows have no validation metric in common"),
        ([{"val/mse": 1.0}, {"val/sse": 2.0}], "the rows have no validation metric in common"),
        ([{"val/mse": 1.0}, {"val/mse": 1.0}], "all are alike in val/mse"),
        ([{"val/own": 1.0}, {"val/own": 2.0}],
         "which way is better is not known of val/loss, val/own; --best NAME chooses by one"),
    ],
)  # fmt: skip
def test_why_none_is_named(scores: list[dict[str, Any]], why: str):
    assert made(*scores).verdict == f"No best row is named: {why}."


def test_a_metric_of_ones_own_needs_a_direction():
    made({"val/own": 1.0}, {"val/own": 2.0})
    assert made_again("val/own:min").best.row == 0 and made_again("own:max").best.row == 1
    assert made_again("own:max").direction("val/own") == 1
    with pytest.raises(UserError, match=r"^report: --best own: lower or higher.*own:min or own:max says$"):
        made_again("own")


def test_a_row_without_finished_runs_is_never_best():
    folders = [
        run("a/0", "x=0"),
        run("a/1", "x=1", 0, {"val/mse": 2.0}),
        run("a/2", "x=2", 0, {"val/mse": 1.0}),
    ]
    found = report([read(folder) for folder in folders])
    assert found.best.row == 2 and found.again == "aelab x=2 seed=0"
