"""Sweeps: several runs at once beside one after the other, and what a run costs beyond its training.

    pip install 'aelab[joblib]'
    python benchmarks/sweep.py [--cells 32] [--jobs 2] [--repeats 3]

The cells are the default run, digits, with other seeds. Throughput is cells over the whole time of
`aelab -m`, its start and its plan included; both ways are measured in turns, and medians are told, for
machines are not equally fast all the time. What a cell costs beyond its training is the slope of a serial
sweep's time over its cells where each trains one minibatch, has no pictures and no baseline: composition,
checks, folders, logs, checkpoints and scores.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from aelab.table import table

BARE = ["trainer.max_steps=1", "figure=none", "baseline=none"]


def seconds(cells: int, *overrides: str) -> float:
    """Of a sweep over so many seeds, as a process."""
    seeds = f"seed={','.join(map(str, range(cells)))}"
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        command = [sys.executable, "-m", "aelab", "-m", seeds, "trainer=cpu", *overrides]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=32)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    n, jobs = arguments.cells, arguments.jobs
    if n > 1:
        pooling = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={jobs}"]
        pairs = [(seconds(n), seconds(n, *pooling)) for _ in range(arguments.repeats)]
        serial, pooled = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratios = sorted(one / other for one, other in pairs)
        told = f"{statistics.median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        times = [["one after the other", f"{serial:.1f}", "", ""]]
        times += [[f"joblib, {jobs} at once", f"{pooled:.1f}", told, "1.7"]]
        sys.stdout.write(
            table([f"{n} cells of the default run", "s", "throughput", "at least"], times) + "\n"
        )
    slopes = [(seconds(18, *BARE) - seconds(2, *BARE)) / 16 for _ in range(arguments.repeats)]
    rows = [[f"{statistics.median(slopes):.3f}", "0.3"]]
    sys.stdout.write(table(["s a cell beyond its training", "at most"], rows) + "\n")


if __name__ == "__main__":
    main()
