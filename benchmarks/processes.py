"""A run in two processes beside the same in one: how far apart they are after some steps.

    python benchmarks/processes.py [--steps 200]

MNIST, the same minibatches of 128 rows, 64 of them in each of two processes on the CPU. Apart is the largest
difference of any weight, in the largest weight's size of its tensor; beside it, as what rounding alone does,
one process whose products are summed by two threads.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch

from aelab.history import read
from aelab.table import table

RUNS = {
    "mse": "loss=[mse]",
    "draws, statistics of the batch": "corruption=[gaussian,masking] loss=[mse,kl_sparsity,mmd] "
    "model.latent.activation=sigmoid",
    "ELBO": "experiment=vae2013",
    "critic": "experiment=aae2015 loss=[mse,adversarial]",
}
PLAIN = [
    "dataset=mnist",
    "trainer.accelerator=cpu",
    "reuse=false",
    "logger=none",
    "figure=none",
    "baseline=none",
]
TWO = ["trainer=ddp", "trainer.accelerator=cpu", "dataset.batch_size=64"]


class Trained(NamedTuple):
    weights: dict[str, torch.Tensor]
    loss: float


def trained(threads: int, *overrides: str) -> Trained:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "aelab", *PLAIN, *overrides, "hydra.run.dir=run"]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        checkpoint = torch.load(Path(folder) / "run" / "checkpoints" / "last.ckpt", weights_only=True)
        losses = [row["train/loss"] for row in read(Path(folder) / "run" / "metrics.csv")]
    return Trained(checkpoint["state_dict"], losses[-1])


def apart(a: Trained, b: Trained) -> str:
    values = ((a.weights[name].double(), b.weights[name].double()) for name in a.weights)
    most = max(float((x - y).abs().max() / x.abs().max().clamp_min(1e-12)) for x, y in values if x.numel())
    return f"{most:.1e}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    steps = f"trainer.max_steps={parser.parse_args().steps}"
    rows = []
    for name, overrides in RUNS.items():
        for precision in ("32-true", "64-true"):
            chosen = *overrides.split(), steps, f"trainer.precision={precision}"
            one = trained(1, *chosen, "dataset.batch_size=128")
            threaded = trained(2, *chosen, "dataset.batch_size=128")
            two = trained(1, *chosen, *TWO)
            losses = f"{one.loss:.10g}", f"{two.loss:.10g}"
            rows.append([name, precision, *losses, apart(one, two), apart(one, threaded)])
    head = ["run", "precision", "loss, one", "loss, two", "apart", "two threads"]
    sys.stdout.write(table(head, rows) + "\n")


if __name__ == "__main__":
    main()
