"""Deep clustering: DEC and DCN beside ClustPy's, from the same pretrained autoencoder.

    pip install clustpy
    AELAB_DATA=folder python benchmarks/deep_clustering.py [--rows 20000] [--repeats 3] [--bf16] [--cpu]

The net is 784-500-500-2000-10 and its mirror image, in float32, on MNIST. It is trained on the squared error
once, here; every fit begins with its weights and k-means on its codes, of 20 starts, and has its repeat's
seed. Timed are the epochs of clustering alone, ours with logging and checkpoints on. Both have minibatches of
256, Adam at a rate of 1e-4 and one objective, for DCN that of ClustPy: ‖x − x̂‖² + 0.05 ‖z − m‖².

What differs: ClustPy makes DEC's target distribution P of each minibatch alone; ours is of all rows every 160
minibatches [Xie et al. 2016], which means to encode them all, and stands a second time with P made once, at
the beginning. ClustPy's centroids have double precision; its DCN encodes every minibatch once more after the
step, and moves the centroids row by row. ACC is of the labels that training ends with, after few epochs: a
look at whether both do the same, no more.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from aelab import log
from aelab.assemble import Job, assemble
from aelab.cluster.agreement import accuracy, confusion
from aelab.evaluation import whole
from aelab.fitting import fit
from aelab.places import conf_dir
from aelab.stage.stage import Stage, Work
from aelab.table import table

K, STARTS, BATCH, RATE = 10, 20, 256, 1e-4
WIDTHS, CODE = [500, 500, 2000], 10
DEC = ["experiment=dec2016", "loss.dec.tolerance=0"]
DCN = ["experiment=dcn2017", "loss.dcn.reading=paper", "loss.dcn.strength=0.1"]
CASES = {
    "DEC": {"DEC": (DEC, "1"), "DEC, P made once": ([*DEC, "loss.dec.interval=1000000000"], "1")},
    "DCN": {"DCN": (DCN, "0.33")},
}
"""ClustPy's class -> what of ours stands beside it -> (overrides, the ratio at most)."""
PRETRAIN = [
    "dataset=mnist",
    "dataset.split=all",
    f"model.widths={WIDTHS}",
    f"model.latent.dim={CODE}",
    "baseline=none",
    "figure=none",
]


Clock = Callable[[], float]


class Clocked:
    """A stage whose time is taken."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self.run_of, self.clock, self.seconds = stage.run, clock, 0.0
        stage.run = self.run

    def run(self, work: Work) -> dict[str, float]:
        began = self.clock()
        found = self.run_of(work)
        self.seconds = self.clock() - began
        return found


class Loader:
    """A DataLoader whose epochs' times are taken, from the first minibatch asked for to after the last."""

    def __init__(self, loader: Any, clock: Clock) -> None:
        self.loader, self.clock, self.seconds = loader, clock, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def __iter__(self) -> Iterator[Any]:
        began = self.clock()
        yield from self.loader
        self.seconds.append(self.clock() - began)


def job_of(overrides: list[str], rows: int, folder: Path) -> tuple[Any, Job]:
    fixed = [f"dataset.limit={rows}", f"dataset.batch_size={BATCH}", "trainer=cpu", "reuse=false", "name=x"]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=[*overrides, *fixed])
    return config, assemble(config, folder)


def pretrained(rows: int, epochs: int) -> tuple[nn.Module, Tensor, Tensor]:
    """The autoencoder, and the rows [n, 784] and labels [n] that it was trained on."""
    with tempfile.TemporaryDirectory() as folder:
        config, job = job_of([*PRETRAIN, f"trainer.max_epochs={epochs}"], rows, Path(folder))
        fit(config, job, Path(folder))
    dataset = job.system.dataset
    x, y = dataset.gather(dataset.splits["train"])
    assert y is not None
    return job.system.model, x.flatten(1).contiguous(), y


def ours(
    clock: Clock, overrides: list[str], net: nn.Module, y: Tensor, epochs: int, seed: int, precision: str
) -> tuple[float, float]:
    """Seconds of an epoch, and ACC."""
    more = ["optimizer=adam", f"optimizer.lr={RATE}", "callback=checkpoint", f"trainer.max_epochs={epochs}"]
    more += [f"trainer.precision={precision}", f"seed={seed}", f"recipe.kmeans.starts={STARTS}"]
    more += ["~recipe.reconstruct"]
    with tempfile.TemporaryDirectory() as folder:
        config, job = job_of([*overrides, *more], len(y), Path(folder))
        job.system.model.load_state_dict(net.state_dict(), strict=False)  # its code has no centroids
        clocked = Clocked(job.recipe["train"], clock)
        fit(config, job, Path(folder))
    found = whole(job.system, "train", "assignment")["assignment"].argmax(1)
    return clocked.seconds / epochs, acc(found, y)


def theirs(
    clock: Clock, name: str, net: nn.Module, x: Tensor, y: Tensor, epochs: int, seed: int
) -> tuple[float, float]:
    """Seconds of an epoch, and ACC."""
    deep: Any = import_module("clustpy.deep")
    nets: Any = import_module("clustpy.deep.neural_networks")
    own = nets.FeedforwardAutoencoder([x.shape[1], *WIDTHS, CODE], activation_fn=nn.ReLU)
    with torch.no_grad():
        for mine, other in zip(own.parameters(), net.parameters(), strict=True):
            mine.copy_(other)
    own.fitted = True
    loader = Loader(deep.get_dataloader(x, BATCH, shuffle=True), clock)
    model = getattr(deep, name)(
        K,
        batch_size=BATCH,
        neural_network=own,
        clustering_epochs=epochs,
        clustering_optimizer_params={"lr": RATE},
        custom_dataloaders=(loader, deep.get_dataloader(x, BATCH, shuffle=False)),
        initial_clustering_params={"n_init": STARTS},
        device="cpu",
        random_state=seed,
    ).fit(x.numpy())
    labels = torch.from_numpy(getattr(model, f"{name.lower()}_labels_")).long()
    return statistics.mean(loader.seconds), acc(labels, y)


def acc(clusters: Tensor, y: Tensor) -> float:
    return accuracy(confusion(clusters.numpy(), y.numpy()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20000, help="of MNIST's 70,000")
    parser.add_argument("--pretrain", type=int, default=5, help="epochs on the squared error")
    parser.add_argument("--epochs", type=int, default=2, help="of clustering")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--bf16", action="store_true", help="ours in bf16-mixed, too")
    parser.add_argument("--cpu", action="store_true", help="the processor's seconds, where it has other work")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu else time.perf_counter
    if find_spec("clustpy") is None:
        parser.error("ClustPy is missing: pip install clustpy")
    epochs, threads = arguments.epochs, arguments.threads
    torch.set_num_threads(threads)
    log.start()
    log.quiet_lightning()
    lines = []
    with threadpool_limits(threads):
        net, x, y = pretrained(arguments.rows, arguments.pretrain)
        for name, variants in CASES.items():
            taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
            reference = []
            for seed in range(arguments.repeats):
                reference.append(theirs(clock, name, net, x, y, epochs, seed))
                for precision in ("32-true", "bf16-mixed")[: 1 + arguments.bf16]:
                    for variant, (overrides, _) in variants.items():
                        found = ours(clock, overrides, net, y, epochs, seed, precision)
                        taken.setdefault((variant, precision), []).append(found)
            for (variant, precision), mine in taken.items():
                a, b = (statistics.median(t for t, _ in found) for found in (mine, reference))
                ratio = statistics.median(p / q for (p, _), (q, _) in zip(mine, reference, strict=True))
                scores = [f"{statistics.median(s for _, s in found):.3f}" for found in (mine, reference)]
                times = [f"{a:.2f}", f"{b:.2f}", f"{ratio:.2f}", variants[variant][1]]
                lines.append([f"{variant}, {precision}", *times, *scores])
    says = f"{len(x)} rows, {epochs} epochs, {threads} thread{'s' * (threads > 1)}"
    unit = "CPU s" if arguments.cpu else "s"
    head = [says, f"aelab, {unit} an epoch", "ClustPy", "ratio", "at most", "aelab ACC", "ClustPy"]
    sys.stdout.write(table(head, lines) + "\n")


if __name__ == "__main__":
    main()
