"""Runs of several stages: killed anywhere, they go on from the disk and end as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from stage.recipes import CONSTANT, SMALL, Metrics, alike, run

from aelab.stage.record import Record

Whole = Callable[..., tuple[Path, Metrics]]


class Killed(BaseException):
    """The process is gone."""


WRITES = 8
"""Of stages.json in a run of four trainings: each begins and ends."""


@pytest.mark.parametrize(
    ("n", "before"), [*((n, True) for n in range(1, WRITES + 1)), (1, False), (4, False), (5, False)]
)
def test_killed_at_any_write_of_stages(
    n: int, before: bool, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a finished run is extended: the checkpoints of what is void by then lie about, or do not."""
    short, _ = whole("layerwise_finetuned", CONSTANT, "trainer.max_epochs=2")
    shutil.copytree(short, tmp_path / "run")
    write, done = Record.write, 0

    def killing(self: Record) -> None:
        nonlocal done
        done += 1
        if not (before and done == n):
            write(self)
        if done == n:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Record, "write", killing)
        with pytest.raises(Killed):
            run(tmp_path / "run", "layerwise_finetuned", CONSTANT, resume=True)
    metrics = run(tmp_path / "run", "layerwise_finetuned", CONSTANT, resume=True)
    long, expected = whole("layerwise_finetuned", CONSTANT)
    alike(long, tmp_path / "run")
    assert metrics == expected


def test_those_are_all_writes_of_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, done = Record.write, 0

    def counting(self: Record) -> None:
        nonlocal done
        done += 1
        write(self)

    monkeypatch.setattr(Record, "write", counting)
    run(tmp_path / "run", "layerwise_finetuned", CONSTANT, "trainer.max_epochs=1")
    assert done == WRITES


def test_killed_in_the_second_stage(tmp_path: Path) -> None:
    """A real process, gone without a word."""
    folder, own = tmp_path / "run", [CONSTANT, "recipe.train.epochs=2", "recipe.finetune.scratch=false"]
    command = [sys.executable, "-m", "aelab", "recipe=finetuned", *SMALL, *own]
    command += ["trainer.max_epochs=100000", "callback.checkpoint.every_seconds=0.05"]
    last = folder / "checkpoints" / "finetune" / "last.ckpt"
    with subprocess.Popen([*command, f"hydra.run.dir={folder}"], stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not last.is_file() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert process.poll() is None and last.is_file()
        os.kill(process.pid, signal.SIGKILL)
    epochs = torch.load(last, weights_only=True)["aelab"]["position"] // 4 + 3
    own.append(f"trainer.max_epochs={epochs}")
    metrics = run(folder, "finetuned", *own, resume=True)
    assert metrics == run(tmp_path / "whole", "finetuned", *own)
    alike(tmp_path / "whole", folder)
