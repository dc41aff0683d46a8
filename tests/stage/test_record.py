"""The record of trainings: what counts as done, and what a training that begins makes void."""

import json
from pathlib import Path

import pytest

from aelab.stage.record import Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """stages.json of a run with two trainings that ended and one that did not."""
    path = tmp_path / "stages.json"
    record = Record(path, resume=False)
    for name in ("a", "b"):
        assert not record.has(name, 10)
        record.begin(name)
        record.end(name, 10)
    record.begin("c")
    return path


def test_is_on_the_disk_in_order(path: Path) -> None:
    assert list(json.loads(path.read_text()).items()) == [("a", 10), ("b", 10), ("c", None)]


@pytest.mark.parametrize(("length", "has"), [(10, True), (9, True), (0, True), (11, False)])
def test_has_what_is_as_long_as_is_asked_for(path: Path, length: int, has: bool) -> None:
    assert Record(path, resume=True).has("a", length) == has
    assert not Record(path, resume=False).has("a", length)


def test_what_has_only_begun_is_not_there(path: Path) -> None:
    record = Record(path, resume=True)
    assert not record.has("c", 0) and "c" in record.lengths
    assert not record.has("d", 0) and "d" not in record.lengths


def test_one_that_goes_on_makes_void_what_is_behind_it(path: Path) -> None:
    record = Record(path, resume=True)
    assert not record.has("a", 20)
    record.begin("a")
    assert json.loads(path.read_text()) == {"a": None}
    record.end("a", 20)
    assert not record.has("b", 10) and "c" not in record.lengths


def test_so_does_one_that_was_not_there_before(path: Path) -> None:
    record = Record(path, resume=True)
    assert record.has("a", 10)
    record.begin("new")
    record.end("new", 5)
    assert not record.has("b", 10)
    assert json.loads(path.read_text()) == {"a": 10, "new": 5}


def test_the_last_may_go_on_without_harm(path: Path) -> None:
    record = Record(path, resume=True)
    assert record.has("a", 10) and record.has("b", 10)
    record.begin("c")
    record.end("c", 10)
    assert json.loads(path.read_text()) == {"a": 10, "b": 10, "c": 10}


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    record = Record(tmp_path / "none" / "stages.json", resume=True)
    record.begin("a")
    record.end("a", 1)
    assert record.has("a", 1) and not list(tmp_path.iterdir())
