"""The metrics that a sweep goes by."""

from pathlib import Path

import pytest
from training import composed

from aelab.assemble import Job, assemble
from aelab.errors import UserError
from aelab.sweep import aim


def job(folder: Path, *overrides: str) -> Job:
    return assemble(composed(*overrides), folder)


def test_one_several_or_none() -> None:
    assert aim.names("val/loss") == ["val/loss"] and aim.names(["val/a", "val/b"]) == ["val/a", "val/b"]
    assert aim.names(None) == []


def test_the_test_split_chooses_nothing() -> None:
    with pytest.raises(UserError, match="takes validation metrics, such as val/loss, got 'test/mse'"):
        aim.names("test/mse")


def test_directions_are_told_or_those_of_the_metric() -> None:
    assert aim.directions(["val/loss", "val/acc"], None) == ["minimize", "maximize"]
    assert aim.directions(["val/mine"], "maximize") == ["maximize"]
    with pytest.raises(UserError, match="minimize or maximize 'val/mine'"):
        aim.directions(["val/mine"], None)
    with pytest.raises(UserError, match="one for each of val/a, val/b"):
        aim.directions(["val/a", "val/b"], ["maximize"])


@pytest.mark.parametrize(
    ("name", "said"),
    [("val/los", "did you mean 'val/loss'"), ("val/elbo", "there are val/loss, val/mse, val/sse")],
)
def test_what_no_run_will_report_is_known_before(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"^objective: no run reports '{name}'; {said}"):
        aim.reportable([name], job(tmp_path))
    aim.reportable(["val/mse"], job(tmp_path))


def test_without_validation_there_is_nothing_to_go_by(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no rows to validate on"):
        aim.reportable(["val/loss"], job(tmp_path, "dataset.split=all"))


def test_what_is_measured_in_the_end_alone_is_waited_for(tmp_path: Path) -> None:
    probed = job(tmp_path, "metric=[probe]")
    aim.reportable(["val/probe_error"], probed)
    with pytest.raises(UserError, match="no run reports 'val/f1'"):
        aim.reported(["val/f1"], ["val/loss", "val/probe_error", "test/f1"])
