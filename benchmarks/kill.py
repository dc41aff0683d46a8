"""A sweep that is killed again and again ends as one that nobody disturbed.

    python benchmarks/kill.py [--kills 20] [--launcher basic]

Twelve cells, the same twice: once from end to end, once with SIGKILL to the whole group of processes after a
random time, gone on with by `aelab resume sweep=DIR` until that many kills have come, and then to its end.
Weights and metrics of every cell are compared bit for bit.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from aelab.table import table

GRID = [
    "model.latent.dim=2,5,10",
    "seed=0,1,2,3",
    "trainer=cpu",
    "trainer.max_epochs=40",
    "callback.checkpoint.every_seconds=1",
    "figure=none",
    "hydra.sweep.dir=sweep",
]
NUMBERS = "seconds", "reused"
"""What two runs may differ in."""


def aelab(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aelab", *arguments]
    log = (folder / "log").open("ab")
    return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def state(cell: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    weights = torch.load(cell / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    results = json.loads((cell / "results.json").read_text())
    return weights, {name: value for name, value in results.items() if name not in NUMBERS}


def same(a: Path, b: Path) -> bool:
    (weights, results), (others, theirs) = state(a), state(b)
    return results == theirs and all(torch.equal(weights[name], others[name]) for name in weights)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--launcher", default="basic")
    parser.add_argument("--seed", type=int, default=0, help="of the times of the kills")
    arguments = parser.parse_args()
    times, launcher = random.Random(arguments.seed), f"hydra/launcher={arguments.launcher}"
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        calm, killed = Path(one), Path(other)
        began = time.monotonic()
        if aelab(calm, "-m", *GRID, launcher).wait():
            raise SystemExit((calm / "log").read_text())
        whole = time.monotonic() - began
        process, kills = aelab(killed, "-m", *GRID, launcher), 0
        began = time.monotonic()
        while kills < arguments.kills:
            try:  # from its start to well into its training
                process.wait(times.uniform(2, 2 + whole / 3))
                break
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                is_begun = (killed / "sweep" / "sweep.json").is_file()
                process = aelab(killed, *(["resume", "sweep=sweep"] if is_begun else ["-m", *GRID]), launcher)
        status = process.wait()
        taken = time.monotonic() - began
        cells = sorted(path.name for path in (calm / "sweep").iterdir() if path.is_dir())
        equal = sum(same(calm / "sweep" / name, killed / "sweep" / name) for name in cells)
    row = [str(kills), str(status), f"{equal} of {len(cells)}", f"{whole:.0f}", f"{taken:.0f}"]
    head = ["kills", "exit status", "cells that are the same", "s undisturbed", "s with all kills"]
    sys.stdout.write(table(head, [row]) + "\n")


if __name__ == "__main__":
    main()
