"""Runs that `aelab report` finds: in folders of any depth, unfinished, broken, and a thousand of them."""

import csv
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command.reports import history, picture, report, rows, run, sweep

from aelab.command.report import main
from aelab.errors import UserError
from aelab.lock import locked

pytestmark = pytest.mark.usefixtures("here")


def test_what_counts_as_a_run(capsys: pytest.CaptureFixture[str]):
    found = {"test/mse": 1.0}
    run("outputs/2025-01-01/10-run", "x=1", metrics=found)
    run("outputs/2025-01-01/10-run/figures/again", "x=2", metrics=found)  # inside a run
    run("outputs/sweeps/.trash", "x=3", metrics=found)
    run("outputs/sweeps/s/0-cell", "x=4", metrics=found)
    Path("outputs/sweeps/s/sweep.json").write_text("")
    Path("outputs/sweeps/s/status.json").write_text("{}")
    (run("outputs/bare", "x=5", metrics=found) / ".hydra/overrides.yaml").unlink()
    report(capsys, "outputs", "outputs/bare", "--csv", "x.csv")
    with open("x.csv", newline="") as file:
        assert [row["x"] for row in csv.DictReader(file)] == ["1", "5", "4"]
    for one in ("outputs/bare", "outputs/sweeps/s/", "outputs/2025-01-01"):
        assert report(capsys, one)[0].startswith("1 run: 1 completed; all with x=")


def test_runs_that_did_not_end(capsys: pytest.CaptureFixture[str]):
    run(
        "a/1",
        "x=1",
        status={"status": "failed", "why": "Diverged: loss.kl became NaN in stage 'main', " + "so " * 20},
    )
    going = run("a/2", "x=2", status={"status": "running"})
    history(going, "train,1,5,4.5,", "train,2,10,3.25,0.125")
    os.utime(going / "metrics.csv", (time.time() - 200, time.time() - 200))
    run("a/3", "x=2")
    run("a/4", "x=1", status={"status": "completed"})
    run("a/5", "x=1", metrics={"test/mse": 1.5})
    (run("a/6", "x=1") / "status.json").write_text('{"status": "fai')
    assert report(capsys, "a") == [
        "6 runs: 1 failed, 1 running, 3 unfinished, 1 completed",
        "",
        "x  seeds               unfinished  test/mse",
        "─  ─────  ───────────────────────  ────────",
        "1      1   1 failed, 2 unfinished     1.500",
        "2      0  1 running, 1 unfinished",
        "",
        "Without results; `aelab resume run=FOLDER` goes on with one that stopped:",
        "  failed      a/1",
        "              Diverged: loss.kl became NaN in stage 'main', so so so so so so so so so so so so so",
        "              so so so so so so so",
        "  running     a/2",
        "              epoch 2 of train, val/mse 0.125, 3 min ago",
        "  unfinished  a/3",
        "  unfinished  a/4",
        "              it says completed, but has no results.json",
        "  unfinished  a/6",
        "              its status.json is broken",
        "",
        "Every run, setting and metric: a/report.csv",
        "Curves and pictures: a/report.html",
    ]


def test_a_sweep_that_goes_on_says_what_has_not_begun(capsys: pytest.CaptureFixture[str]):
    sweep()
    cells = [
        (f"{d}-{s}", f"dataset=digits model.latent.dim={d} seed={s}") for d in (2, 10, 20) for s in range(4)
    ]
    told = {"cells": [{"name": name, "overrides": own.split()} for name, own in cells]}
    Path("sweep/sweep.json").write_text(json.dumps(told))
    lines = report(capsys, ".", "--metric", "mse")
    assert lines[0] == "12 runs: 6 completed, 6 waiting; all with dataset=digits"
    assert [line.split()[:4] for line in lines[4:7]] == [
        ["2", "3", "1", "waiting"],
        ["10", "3", "1", "waiting"],
        ["20", "0", "4", "waiting"],
    ]
    assert "6 runs not begun; `aelab resume sweep=FOLDER` goes on with a sweep that stopped." in lines
    assert report(capsys, "sweep/2-0")[0] == "1 run: 1 completed; all with dataset=digits model.latent.dim=2"


def test_a_run_whose_process_is_gone_does_not_train(capsys: pytest.CaptureFixture[str]):
    here = {"status": "running", "host": platform.node()}
    held = run("a/1", status=here)
    run("a/2", status=here)
    run("a/3", status={"status": "running", "host": f"not {platform.node()}"})
    with locked(held):
        lines = report(capsys, "a")
    assert lines[0] == "3 runs: 2 running, 1 unfinished"
    assert lines[3:7] == ["  running     a/1", "  unfinished  a/2", "              its process is gone",
                          "  running     a/3"]  # fmt: skip


def test_only_unfinished_runs_and_many_of_them(capsys: pytest.CaptureFixture[str]):
    for number in range(30):
        run(f"a/{number}", status={"status": "running"})
    lines = report(capsys, "a", "--metric", "mse", "--sort", "mse")
    assert lines[0] == "30 runs: 30 running" and lines[-4] == "  and 10 more" and len(lines) == 27


def test_broken_results(capsys: pytest.CaptureFixture[str]):
    for name, text in (("1", '{"status": "comp'), ("2", "[]"), ("3", "{}"), ("4", "")):
        run(f"a/{name}")
        Path(f"a/{name}/results.json").write_text(text)
    with pytest.raises(UserError) as error:
        main(["a"])
    assert error.value.problems == (
        "a/1/results.json: is broken (Unterminated string starting at: line 1 column 12 (char 11))",
        "a/2/results.json: is broken (it holds a list)",
        "a/3/results.json: is broken (no metrics)",
        "a/4/results.json: is broken (Expecting value: line 1 column 1 (char 0))",
    )
    assert capsys.readouterr().out == "" and not Path("a/report.csv").exists()


def test_a_thousand_runs(capsys: pytest.CaptureFixture[str]):
    found = {f"{split}/m{i}": i + 0.25 for split in ("val", "test") for i in range(20)}
    for number in range(1000):
        run(f"sweep/{number}", f"x={number // 4} y=[a,b]", number % 4, {**found, "test/mse": number / 1000})
    start = time.process_time()
    lines = report(capsys, "sweep", "--sort", "mse")
    assert time.process_time() - start < 5
    assert lines[0] == "1000 runs: 1000 completed; all with y=[a,b]" and len(rows()) == 1000
    assert lines[4].split()[:2] == ["0", "4"]


def test_a_reader_may_leave_and_nothing_heavy_is_imported():
    sweep()
    picture(Path("sweep/2-0/figures/samples.png"))
    code = (
        "import contextlib, sys; from aelab.cli import main; sys.argv = ['aelab', 'report', 'sweep']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "sys.exit({'torch', 'numpy', 'matplotlib', 'pytorch_lightning'} & {*sys.modules} or 0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0 and len(rows()) == 6
    assert Path("sweep/report.html").read_text().count("data:image/png") == 1
