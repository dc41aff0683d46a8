"""Report: how long `aelab report` takes over many runs, page and pictures included, and how much memory.

    python benchmarks/report.py [--runs 1000] [--repeats 3]

One small run is trained; the others are copies of its folder with settings, seed, scores and curves of their
own, and with its pictures. Of whole processes: the median of what they took, of what the processor worked
for them, and of their peak of resident memory.
"""

import argparse
import csv
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from typing import Any

from aelab.history import read
from aelab.table import table

GRID = {
    "model.latent.dim": range(2, 27),
    "loss": ("[mse]", "[bce]"),
    "optimizer.lr": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
}
SEEDS = 4
TRAINED = ("dataset.limit=300", "trainer.max_epochs=50", "trainer=cpu", "trainer.check_val_every_n_epoch=1")


def trained(folder: Path) -> None:
    command = ["aelab", *TRAINED, f"hydra.run.dir={folder}"]
    subprocess.run(command, cwd=folder.parent, capture_output=True, check=True)


def copied(source: Path, target: Path, own: list[str], seed: int) -> None:
    """A cell as a sweep leaves it, with numbers of its own; the pictures are links to the same files."""
    (target / ".hydra").mkdir(parents=True)
    overrides = [*TRAINED, *own, f"seed={seed}"]
    shutil.copy(source / ".hydra/config.yaml", target / ".hydra")
    (target / ".hydra/overrides.yaml").write_text("".join(f"- {text}\n" for text in overrides))
    random.seed(f"{own} {seed}")
    factor = random.uniform(0.5, 2)
    results: dict[str, Any] = json.loads((source / "results.json").read_text())
    results |= {"overrides": overrides, "seed": seed}
    results["metrics"] = {name: value * factor for name, value in results["metrics"].items()}
    (target / "results.json").write_text(json.dumps(results, indent=2))
    (target / "status.json").write_text(json.dumps({"status": "completed", "overrides": overrides}))
    rows = read(source / "metrics.csv")
    with (target / "metrics.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({n: v * factor if "/" in n else v for n, v in row.items()} for row in rows)
    (target / "figures").mkdir()
    for picture in (source / "figures").iterdir():
        os.link(picture, target / "figures" / picture.name)


def sweep(source: Path, folder: Path, n: int) -> None:
    grid = [
        [f"{name}={value}" for name, value in zip(GRID, values, strict=True)]
        for values in product(*GRID.values())
    ]
    every = islice(((own, seed) for own in grid for seed in range(SEEDS)), n)
    for i, (own, seed) in enumerate(every):
        copied(source, folder / f"{i}", own, seed)


def measured(*command: str, folder: Path) -> tuple[float, float, float]:
    """Seconds, the processor's seconds, and MiB at most of a whole process."""
    began = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        trained(folder / "one")
        sweep(folder / "one", folder / "few", 12)
        sweep(folder / "one", folder / "many", asked.runs)
        cases = {
            "aelab report --help": (["--help"], "", "0.6"),
            "12 runs": (["few"], "few", ""),
            f"{asked.runs:,} runs": (["many"], "many", "10"),
            f"{asked.runs:,} runs, the CSV alone": (["many", "--csv", "-"], "", ""),
        }
        rows = []
        for name, (words, page, limit) in cases.items():
            taken = [measured("aelab", "report", *words, folder=folder) for _ in range(asked.repeats)]
            seconds, worked, memory = map(statistics.median, zip(*taken, strict=True))
            size = (folder / page / "report.html").stat().st_size / 2**20 if page else None
            told = f"{seconds:.2f}", limit, f"{worked:.2f}", f"{memory:.0f}"
            rows.append([name, *told, size and f"{size:.1f}"])
    header = ["what", "seconds", "at most", "processor, s", "MiB", "page, MiB"]
    sys.stdout.write(table(header, rows) + "\n")


if __name__ == "__main__":
    main()
