"""Whole sweeps in processes of their own, for the tests of launchers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

SMALL = (
    "trainer=cpu",
    "logger=none",
    "figure=none",
    "baseline=none",
    "hydra.sweep.dir=sweep",
)
"""Of a sweep in the folder `sweep`."""


@contextmanager
def sweeping(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`aelab` in a folder, in a group of processes of its own, which ends with this block."""
    command = [sys.executable, "-m", "aelab", *arguments]
    folder.mkdir(exist_ok=True)
    with (
        (folder / "said").open("w") as said,
        subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, start_new_session=True) as process,
    ):
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def swept(folder: Path, *arguments: str, seconds: float = 120) -> tuple[int, str]:
    """The exit status of a whole sweep, and what it said."""
    with sweeping(folder, *arguments) as process:
        status = process.wait(seconds)
    return status, (folder / "said").read_text()


def wait(is_so: Callable[[], bool], seconds: float = 90) -> None:
    late = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < late
        time.sleep(0.05)


def alive(folder: Path) -> list[int]:
    """The processes that work in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(entry / "cwd")) == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def cells(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "sweep").glob("[0-9]*") if path.is_dir())


def status(cell: Path) -> dict[str, Any]:
    return json.loads((cell / "status.json").read_text())


def same(folder: Path, other: Path) -> bool:
    """Whether two sweeps have the same cells, with the same weights and metrics, bit for bit."""
    return [ends(cell) for cell in cells(folder)] == [ends(cell) for cell in cells(other)]


def ends(cell: Path) -> tuple[str, dict[str, Any], dict[str, float]]:
    weights = torch.load(cell / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    metrics = json.loads((cell / "results.json").read_text())["metrics"]
    return cell.name, {name: weight.tolist() for name, weight in weights.items()}, metrics
