"""A run that was stopped anywhere and resumed equals the uninterrupted one, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from training import composed, interrupted, same, trained, weights

from aelab.plan import Chunks

RANDOM = [
    "corruption=[gaussian,masking]",
    "model.dropout=0.2",
    "model.batch_norm=true",
    "dataset.binarize=dynamic",
    "dataset.augment=[shift]",
    "trainer.check_val_every_n_epoch=2",
    "trainer.max_epochs=6",
    "callback=[checkpoint,early_stopping]",
    "optimizer.lr={_target_: aelab.schedule.Cosine, start: 0.01, end: 0.0}",
]
"""Everything that draws or remembers; a visit is 2 epochs, 14 minibatches, of 42."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    trained(folder, *RANDOM)
    return folder


@pytest.mark.parametrize("at", [1, 6, 7, 8, 13, 14, 15, 21, 28, 41])
def test_stopped_at_any_minibatch(
    at: int, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1, 8, 15: within an epoch; 7, 21: at its end; 14, 28: at a pause, where validation is due."""
    with interrupted(at):
        trained(tmp_path, *RANDOM)
    # other chunks than before: they must not matter
    monkeypatch.setattr(Chunks, "adapt", lambda self, *_: setattr(self, "size", 5))
    trained(tmp_path, *RANDOM, resume=True)
    assert same(weights(whole), weights(tmp_path))
    assert same(weights(whole, "best"), weights(tmp_path, "best"))
    assert (whole / "metrics.csv").read_text() == (tmp_path / "metrics.csv").read_text()


def test_extended_run_equals_the_longer_one(tmp_path: Path) -> None:
    trained(tmp_path / "short", "trainer.max_epochs=2")
    trained(tmp_path / "short", "trainer.max_epochs=5", resume=True)
    trained(tmp_path / "long", "trainer.max_epochs=5")
    assert same(weights(tmp_path / "short"), weights(tmp_path / "long"))


@pytest.mark.parametrize("precision", ["64-true", "bf16-true", "bf16-mixed"])
def test_a_checkpoint_keeps_the_precision(precision: str, tmp_path: Path) -> None:
    overrides = "trainer.max_epochs=3", f"trainer.precision={precision}"
    with interrupted(9):
        trained(tmp_path / "stopped", *overrides)
    trained(tmp_path / "stopped", *overrides, resume=True)
    trained(tmp_path / "whole", *overrides)
    assert same(weights(tmp_path / "stopped"), weights(tmp_path / "whole"))


def aelab(*arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "aelab", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def stopped(folder: Path, number: signal.Signals) -> tuple[int, str]:
    """A run without end that gets a signal in the midst of its training: (exit status, what it said)."""
    last = folder / "checkpoints" / "last.ckpt"
    with aelab(*LONG, "trainer.max_epochs=100000", f"hydra.run.dir={folder}") as process:
        until = time.monotonic() + 60
        while not last.is_file() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert last.is_file()
        os.kill(process.pid, number)
        said = process.communicate(timeout=60)[1]
        return process.returncode, said


LONG = [
    "dataset.limit=200", "model.dropout=0.2", "trainer=cpu", "logger=none", "figure=none", "baseline=none",
    "callback.checkpoint.every_seconds=0.05",
]  # fmt: skip
"""200 rows, 4 minibatches an epoch."""


def test_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    assert stopped(tmp_path / "run", signal.SIGKILL)[0] == -signal.SIGKILL
    saved = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    epochs = saved["aelab"]["position"] // 4 + 3
    for arguments in (
        ["resume", f"run={tmp_path / 'run'}", f"trainer.max_epochs={epochs}"],
        [*LONG, f"trainer.max_epochs={epochs}", f"hydra.run.dir={tmp_path / 'whole'}"],
    ):
        with aelab(*arguments) as process:
            said = process.communicate()[1]
            assert process.returncode == 0, said
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "run"))
    results = [
        json.loads((tmp_path / name / "results.json").read_text())["metrics"] for name in ("whole", "run")
    ]
    assert results[0] == results[1]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_have_their_exit_status(number: signal.Signals, status: int, tmp_path: Path) -> None:
    found, said = stopped(tmp_path / "run", number)
    assert found == status, said
    assert "Traceback" not in said
    assert not (tmp_path / "run" / "results.json").exists()
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "interrupted"


def test_composition_is_what_it_says() -> None:
    """The minibatches that the cases above rely on."""
    config = composed(*RANDOM)
    assert (config.dataset.limit, config.dataset.batch_size, config.trainer.max_epochs) == (100, 16, 6)
