"""Per-step cost: aelab's training, logging and checkpoints on, beside a hand-written PyTorch loop.

    python benchmarks/step_cost.py [--repeats 5]

Same net, batch, fused optimizer and in-memory data; both run the same number of steps, in turn. The
hand-written loop keeps its data as float32, shuffles every epoch and sums the loss on the device: what a
careful person writes. The MNIST row needs AELAB_DATA, the folder with MNIST/raw.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from hydra import compose, initialize_config_dir
from torch import Tensor, nn

from aelab import log
from aelab.assemble import assemble
from aelab.fitting import fit
from aelab.places import conf_dir
from aelab.table import table

CASES = {
    "64-64-8-64-64, digits, batch 64": (
        ["dataset=digits", "model.widths=[64]", "model.latent.dim=8", "trainer.max_epochs=250"],
        [64, 64, 8, 64, 64],
        64,
        1.05,
    ),
    "784-512-20-512-784, MNIST, batch 100": (
        [
            "dataset=mnist",
            "dataset.batch_size=100",
            "model.widths=[512]",
            "model.latent.dim=20",
            "trainer.max_epochs=4",
        ],
        [784, 512, 20, 512, 784],
        100,
        1.03,
    ),
}


def ours(overrides: list[str]) -> tuple[float, int, Tensor]:
    """Seconds and steps of the training alone, and the data it trained on."""
    fixed = ["trainer=cpu", "trainer.limit_val_batches=0", "logger=[tensorboard]", "hydra.run.dir=."]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=[*overrides, *fixed, "name=benchmark"])
    with tempfile.TemporaryDirectory() as folder:
        job = assemble(config, Path(folder))
        rows = job.system.dataset.splits["train"]
        x = job.system.dataset.gather(rows)[0].flatten(1)
        began = time.perf_counter()
        fit(config, job, Path(folder))
        seconds = time.perf_counter() - began
        steps = config.trainer.max_epochs * -(-len(rows) // config.dataset.batch_size)
    return seconds, steps, x


def by_hand(x: Tensor, sizes: list[int], batch: int, steps: int) -> float:
    """Seconds of the hand-written loop."""
    a, b, c, d, e = sizes
    net = nn.Sequential(
        nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.Linear(c, d), nn.ReLU(), nn.Linear(d, e)
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    done, total = 0, torch.zeros(())
    began = time.perf_counter()
    while done < steps:
        order = torch.randperm(len(x))
        for rows in order.split(batch):
            target = x[rows]
            optimizer.zero_grad()
            loss = F.mse_loss(net(target), target, reduction="sum") / len(target)
            loss.backward()
            optimizer.step()
            total += loss.detach()
            done += 1
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(2)
    log.start()
    log.quiet_lightning()
    rows = []
    for name, (overrides, sizes, batch, target) in CASES.items():
        if "MNIST" in name and "AELAB_DATA" not in os.environ:
            rows.append([name, "not measured: AELAB_DATA is not set", "", "", "", str(target)])
            continue
        mine, hand = [], []
        for repeat in range(repeats + 1):  # the first warms up
            seconds, steps, x = ours(overrides)
            theirs = by_hand(x, sizes, batch, steps)
            if repeat:
                mine.append(seconds / steps * 1e6)
                hand.append(theirs / steps * 1e6)
        ratio = statistics.median(m / h for m, h in zip(mine, hand, strict=True))
        a, b = statistics.median(mine), statistics.median(hand)
        rows.append([name, str(steps), f"{a:.0f}", f"{b:.0f}", f"{ratio:.3f}", str(target)])
    sys.stdout.write(table(["net", "steps", "aelab µs", "by hand µs", "ratio", "at most"], rows) + "\n")


if __name__ == "__main__":
    main()
