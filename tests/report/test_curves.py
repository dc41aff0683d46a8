"""Learning curves and how far a run is: from a metrics.csv that may be in the making."""

import os
import time
from pathlib import Path

import pytest
from command.reports import history, run

from aelab.records import read
from aelab.report import curves as of
from aelab.report.curves import curves
from aelab.report.progress import ago, progress

pytestmark = pytest.mark.usefixtures("here")


def test_stages_metrics_and_gaps():
    first, second, third = (run(f"a/{i}") for i in range(3))
    history(first, "fit,1,5,4.5,", "fit,2,10,3.25,0.125", "train,1,5,nan,0.1", "train,2,9,1.0000004,inf")
    history(second, "fit,1,5,2,")
    assert curves([read(folder) for folder in (first, second, third)]) == {
        "fit": {"train/loss": [(0, [1, 2], [4.5, 3.25]), (1, [1], [2.0])], "val/mse": [(0, [2], [0.125])]},
        "train": {"val/mse": [(0, [1], [0.1])], "train/loss": [(0, [2], [1.0])]},
    }


def test_long_curves_are_thinned_alike(monkeypatch: pytest.MonkeyPatch):
    """What is left of a shorter one, the longer one has too; a metric of every second epoch keeps its own."""
    monkeypatch.setattr(of, "MOST", 4)
    folders = [run("a/0"), run("a/1")]
    for folder, n in zip(folders, (10, 7), strict=True):
        history(folder, *(f"train,{i},{i},{i},{i if i % 2 else ''}" for i in range(1, n + 1)))
    found = curves([read(folder) for folder in folders])["train"]
    assert [one[1] for one in found["train/loss"]] == [[1, 5, 9, 10], [1, 3, 5, 7]]
    assert [one[1] for one in found["val/mse"]] == [[1, 5, 9], [1, 3, 5, 7]]
    assert [one[2] for one in found["val/mse"]] == [[1.0, 5.0, 9.0], [1.0, 3.0, 5.0, 7.0]]


def test_progress():
    going = run("a/0", status={"status": "running"})
    assert progress(read(going)) == ""
    history(going, "train,7,35,0.25,", columns="stage,epoch,step,train/loss,lr")
    os.utime(going / "metrics.csv", (time.time() - 7300, time.time() - 7300))
    assert progress(read(going)) == "epoch 7 of train, train/loss 0.25, 2 h ago"
    failed = run("a/1", status={"status": "failed", "why": "no space"})
    assert progress(read(failed)) == "no space"
    assert [ago(t) for t in (-1, 0, 59, 61, 3 * 86400)] == [
        "0 s ago",
        "0 s ago",
        "59 s ago",
        "1 min ago",
        "3 days ago",
    ]


def test_a_file_that_is_cut_short_is_read_as_far_as_it_goes():
    going = run("a/0", status={"status": "running"})
    Path(going / "metrics.csv").write_text("stage,epoch,step,train/loss\ntrain,1,5,0.5\ntrain,2,")
    assert curves([read(going)]) == {"train": {"train/loss": [(0, [1], [0.5])]}}
    for text in ("", "a,b\n1,2\n"):
        Path(going / "metrics.csv").write_text(text)
        assert curves([read(going)]) == {}
