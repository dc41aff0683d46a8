"""The metrics of a finished run, again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aelab.evaluation import evaluate
from aelab.run import Run

Aelab = Callable[..., tuple[int, str, str]]


def shown(out: str) -> dict[str, str]:
    """The table's rows, metric -> number, below the head and the rule."""
    rows = [line.split() for line in out.splitlines()[2:] if line]
    return dict(rows)


def test_scores_are_those_of_the_results(digits_run: Path) -> None:
    metrics = json.loads((digits_run / "results.json").read_text())["metrics"]
    for split in ("test", "val"):
        found = {f"{split}/{name}": value for name, value in evaluate(Run(digits_run).system, split).items()}
        own = {name: value for name, value in metrics.items() if name.startswith(split) and "pca" not in name}
        assert found == own  # to the last bit


def test_the_table(aelab: Aelab, digits_run: Path) -> None:
    metrics = json.loads((digits_run / "results.json").read_text())["metrics"]
    status, out, err = aelab("evaluate", f"run='{digits_run}'")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split() == ["metric", str(digits_run)]
    assert shown(out) == {f"test/{name}": f"{metrics[f'test/{name}']:.6g}" for name in ("loss", "mse", "sse")}


def test_split_and_weights(aelab: Aelab, digits_run: Path) -> None:
    best = shown(aelab("evaluate", f"run='{digits_run}'", "split=val")[1])
    last = shown(aelab("evaluate", f"run='{digits_run}'", "split=val", "weights=last")[1])
    assert best.keys() == last.keys() == {"val/loss", "val/mse", "val/sse"}
    assert float(best["val/loss"]) > float(last["val/loss"])  # this run's best is the largest


def test_it_changes_nothing(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in digits_run.rglob("*")}
    assert aelab("evaluate", f"run='{digits_run}'")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in digits_run.rglob("*")} == before
    assert list(tmp_path.iterdir()) == []


def test_a_sweeps_folder_needs_no_quotes(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    (tmp_path / "0-dim=2,seed=1 (a)").symlink_to(digits_run)
    status, out, err = aelab("evaluate", "run=0-dim=2,seed=1 (a)")
    assert status == 0, err
    assert "test/mse" in out


@pytest.mark.parametrize("command", ["evaluate", "encode", "sample", "draw", "reconstruct"])
def test_help_is_short_and_shows_the_command(command: str, aelab: Aelab) -> None:
    status, out, err = aelab(command, "--help")
    assert (status, err) == (0, "")
    assert f"aelab {command} run=DIR" in out and len(out.splitlines()) < 12
