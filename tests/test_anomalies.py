"""anomalies.csv: every row of a run's splits, the worst rebuilt first."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from aelab.metric.anomaly import score
from aelab.run import Run

Aelab = Callable[..., tuple[int, str, str]]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_lists_its_rows(train: Callable[..., Path]) -> None:
    folder = train("metric=[anomaly]", "dataset.normal=[3,5]", "corruption=gaussian")
    rows, dataset = table(folder / "anomalies.csv"), Run(folder).system.dataset
    assert list(rows[0]) == ["name", "split", "score", "anomaly", "label"]
    found = [float(row["score"]) for row in rows]
    assert found == sorted(found, reverse=True)
    for split, numbers in dataset.splits.items():
        assert sorted(int(row["name"]) for row in rows if row["split"] == split) == sorted(numbers.tolist())
    assert {row["label"] for row in rows if row["split"] != "test"} <= {"3", "5"}
    assert all((row["anomaly"] == "1") == (row["label"] not in "35") for row in rows)
    run = Run(folder)
    x = dataset.rows.x[[int(row["name"]) for row in rows]]
    own = score(dataset.scale(x), dataset.scale(run.reconstruct(x)))  # without noise
    assert found == pytest.approx(own.tolist(), rel=1e-3) == run.scores(x).tolist()


def test_a_run_that_was_trained_without_it(aelab: Aelab, photos_run: Path, tmp_path: Path) -> None:
    """Files are named; nobody has said which are normal."""
    (tmp_path / "mine").mkdir()
    for name in (".hydra", "checkpoints"):
        (tmp_path / "mine" / name).symlink_to(photos_run / name)
    status, out, err = aelab("evaluate", "run=mine", "metric=[anomaly]")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "the score of every row in mine/anomalies.csv"
    assert "test/score_q95" in out and "auroc" not in out
    rows = table(tmp_path / "mine" / "anomalies.csv")
    assert list(rows[0]) == ["name", "split", "score", "label"]
    assert sorted(row["name"] for row in rows) == Run(photos_run).system.dataset.rows.names


def test_new_files_are_scored(aelab: Aelab, photos_run: Path, photos: Path, tmp_path: Path) -> None:
    run = Run(photos_run)
    status, _, err = aelab("reconstruct", f"run='{photos_run}'", f"input='{photos}'", "output=new")
    assert (status, err) == (0, "")
    names, x = run.system.dataset.rows.names, run.system.dataset.rows.x
    own = dict(zip(names or [], run.scores(x).tolist(), strict=True))
    rows = table(tmp_path / "new" / "scores.csv")
    assert [row["name"] for row in rows] == sorted(own, key=lambda name: -own[name])
    assert [float(row["score"]) for row in rows] == pytest.approx(
        sorted(own.values(), reverse=True), rel=1e-4
    )
    aelab("reconstruct", f"run='{photos_run}'", f"input='{photos}'", "output=noisy", "degrade=true")
    assert not (tmp_path / "noisy" / "scores.csv").exists()


def test_no_list_where_nobody_asks(digits_run: Path) -> None:
    assert not (digits_run / "anomalies.csv").exists()
