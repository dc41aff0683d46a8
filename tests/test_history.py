"""metrics.csv: exact numbers, whole files, and what a resumed run drops."""

import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest

from aelab.history import History, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.csv"


def filled(path: Path) -> History:
    """Two stages, with three and four rows."""
    history = History(path)
    for stage, epochs in (("pretrain", 3), ("fit", 4)):
        for epoch in range(1, epochs + 1):
            history.add(stage=stage, epoch=epoch, step=10 * epoch, loss=1 / epoch)
    history.flush()
    return history


def places(rows: list[dict]) -> list[tuple]:
    return [(row["stage"], row["step"]) for row in rows]


def test_numbers_come_back_as_they_were(path: Path) -> None:
    generator = np.random.default_rng(0)
    floats = [0.1, 1 / 3, 1.0, -0.0, 1e-300, 5e-324, 1.7976931348623157e308, math.pi, math.inf, -math.inf]
    floats += (generator.standard_normal(50) * 10.0 ** generator.integers(-20, 20, 50)).tolist()
    history = History(path)
    for i, value in enumerate(floats):
        history.add(stage="fit", epoch=i, step=10**12 + i, value=value, other=np.float64(value))
    history.flush()
    rows = read(path)
    assert [row["value"] for row in rows] == floats == [row["other"] for row in rows]
    assert all(type(row["value"]) is float and type(row["epoch"]) is int for row in rows)
    assert [row["step"] for row in rows] == [10**12 + i for i in range(len(floats))]
    assert math.copysign(1, rows[3]["value"]) == -1


def test_what_is_not_a_number_comes_back_too(path: Path) -> None:
    history = History(path)
    history.add(stage='a, "b"\nc', epoch=1, step=1, loss=math.nan)
    history.flush()
    (row,) = read(path)
    assert row["stage"] == 'a, "b"\nc' and math.isnan(row["loss"])


def test_columns_are_what_any_row_has_and_empty_cells_are_left_out(path: Path) -> None:
    history = History(path)
    history.add(stage="fit", epoch=1, step=5, loss=2.0)
    history.add(stage="fit", epoch=2, step=10, loss=1.0, extra=3)
    history.flush()
    with path.open(newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["stage", "epoch", "step", "loss", "extra"]
    assert [len(line) for line in table] == [5, 5, 5] and table[1][4] == ""
    assert read(path) == history.rows


def test_amend_adds_to_the_last_row(path: Path) -> None:
    history = filled(path)
    history.amend(score=0.5, loss=9.0)
    history.flush()
    rows = read(path)
    assert rows[-1] == {"stage": "fit", "epoch": 4, "step": 40, "loss": 9.0, "score": 0.5}
    assert all("score" not in row for row in rows[:-1])


def test_unsaid_gives_each_row_once(path: Path) -> None:
    history = History(path)
    assert history.unsaid() == []
    history.add(stage="fit", step=1)
    history.add(stage="fit", step=2)
    assert [row["step"] for row in history.unsaid()] == [1, 2]
    assert history.unsaid() == []
    history.add(stage="fit", step=3)
    assert [row["step"] for row in history.unsaid()] == [3]


@pytest.mark.parametrize(
    ("stage", "step", "kept"),
    [
        ("fit", 20, [("pretrain", 10), ("pretrain", 20), ("pretrain", 30), ("fit", 10), ("fit", 20)]),
        ("fit", 25, [("pretrain", 10), ("pretrain", 20), ("pretrain", 30), ("fit", 10), ("fit", 20)]),
        ("fit", 0, [("pretrain", 10), ("pretrain", 20), ("pretrain", 30)]),
        ("pretrain", 20, [("pretrain", 10), ("pretrain", 20)]),  # what came later came after it
        ("finetune", 5, [("pretrain", n) for n in (10, 20, 30)] + [("fit", n) for n in (10, 20, 30, 40)]),
    ],
)
def test_rewind_drops_what_lies_behind_the_checkpoint(
    path: Path, stage: str, step: int, kept: list[tuple]
) -> None:
    filled(path)
    history = History(path)
    history.load()
    history.rewind(stage, step)
    assert places(history.rows) == kept
    assert history.unsaid() == []  # they were said by the run that wrote them
    history.add(stage="after", epoch=1, step=1)
    history.flush()
    assert places(read(path)) == [*kept, ("after", 1)]
    assert [row["stage"] for row in history.unsaid()] == ["after"]


def test_what_rewind_dropped_is_gone_from_the_file_with_the_next_flush(path: Path) -> None:
    """Also where nothing is added: the run may have nothing left to train."""
    filled(path)
    history = History(path)
    history.load()
    history.rewind("fit", 20)
    history.flush()
    assert read(path) == history.rows


@pytest.mark.parametrize("stage", ["fit", "2", "nan"])
def test_rewind_knows_a_stage_whatever_it_is_called(path: Path, stage: str) -> None:
    history = History(path)
    history.add(stage=stage, epoch=1, step=10)
    history.add(stage=stage, epoch=2, step=20)
    history.flush()
    again = History(path)
    again.load()
    again.rewind(stage, 10)
    assert places(again.rows) == [(stage, 10)]


def test_rewind_without_a_file_begins_anew(path: Path) -> None:
    history = History(path)
    history.load()
    history.rewind("fit", 20)
    assert history.rows == [] and read(path) == []


def test_flush_writes_only_what_is_new(path: Path) -> None:
    history = filled(path)
    path.unlink()
    history.flush()
    assert not path.exists()
    history.add(stage="fit", epoch=5, step=50)
    history.flush()
    assert len(read(path)) == 8


def test_a_flush_that_fails_leaves_the_old_file_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = filled(path)
    before = path.read_bytes()
    history.add(stage="fit", epoch=5, step=50)

    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="no space left"):
            history.flush()
    assert path.read_bytes() == before
    history.flush()  # and the next one makes up for it
    assert read(path) == history.rows and sorted(p.name for p in path.parent.iterdir()) == ["metrics.csv"]
