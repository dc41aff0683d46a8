"""Start: how long the command line takes to answer, and to the first training step.

    python benchmarks/start.py [--repeats 5]

Each line is the median of whole processes, run in turn. The first training step is timed from the process's
beginning by a callback; what importing torch and pytorch_lightning alone takes stands beside it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aelab.table import table

CALLBACK = """
import os, time
import pytorch_lightning as pl

class Clock(pl.Callback):
    def on_train_batch_start(self, *_):
        if not os.path.exists("first"):
            open("first", "w").write(str(time.time()))
"""


def seconds(*command: str, folder: str) -> float:
    """Of a whole process."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def imported(folder: str) -> float:
    """From the process's beginning to the end of the imports, its own end left out."""
    began = time.time()
    code = "import time, torch, pytorch_lightning; print(time.time())"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, check=True, text=True
    )
    return float(said.stdout) - began


def first_step(folder: str) -> float:
    """From the process's beginning to the first minibatch of the default run."""
    Path(folder, "clock.py").write_text(CALLBACK)
    first = Path(folder, "first")
    first.unlink(missing_ok=True)
    began = time.time()
    command = [
        "aelab",
        "trainer.max_steps=1",
        "figure=none",
        "baseline=none",
        "+callback.clock._target_=clock.Clock",
    ]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return float(first.read_text()) - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        cases: dict[str, tuple[Callable[[], float], str]] = {
            "aelab --help": (lambda: seconds("aelab", "--help", folder=folder), "0.6"),
            "aelab list": (lambda: seconds("aelab", "list", folder=folder), "0.6"),
            "aelab model.latent.dims=3 (rejected)": (
                lambda: seconds("aelab", "model.latent.dims=3", folder=folder),
                "0.6",
            ),
            "import torch, pytorch_lightning": (
                lambda: imported(folder),
                "",
            ),
            "aelab to the first training step": (lambda: first_step(folder), "imports + 0.5"),
            "aelab, the default run, to its end": (lambda: seconds("aelab", folder=folder), "30"),
        }
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for repeat in range(repeats + 1):  # the first warms the file cache
            for name, (measure, _) in cases.items():
                value = measure()
                if repeat:
                    taken[name].append(value)
    rows = [[name, f"{statistics.median(taken[name]):.2f}", limit] for name, (_, limit) in cases.items()]
    sys.stdout.write(table(["what", "seconds", "at most"], rows) + "\n")


if __name__ == "__main__":
    main()
