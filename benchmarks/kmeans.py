"""k-means: ours beside scikit-learn's Lloyd, on MNIST's 70,000 images and on codes of 10 numbers.

    AELAB_DATA=folder python benchmarks/kmeans.py [--starts 3] [--repeats 3] [--threads N] [--cpu]

Codes are the first 10 principal components. Both have float32, as many starts by k-means++, steps,
tolerance and threads, and run in turn; every repeat draws anew. As no two draws are alike and one may need
twice another's steps, both then go from the same rows: the times are of equal work without the draws, and
what the best starts found must agree row by row. At last ours once more, with little memory for distances.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch
from hydra import compose, initialize_config_dir
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import Tensor

from aelab.build import build
from aelab.cluster import kmeans as module
from aelab.places import conf_dir
from aelab.table import table

Reference: Any = KMeans
K = 10
STEPS, TOLERANCE = 300, 1e-4
SMALL = 64
"""KiB for distances."""


def mnist() -> Tensor:
    """All 70,000 images, pixels in [0, 1]."""
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=["dataset=mnist", "dataset.split=all", "name=x"])
    dataset = build(config.dataset).setup()
    return dataset.gather(dataset.splits["all"])[0].flatten(1).contiguous()


Clock = Callable[[], float]


def timed(clock: Clock, run: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds, and what came out."""
    began = clock()
    found = run(*arguments)
    return clock() - began, found


def ours(z: Tensor, seed: int, starts: int, steps: int = STEPS, memory: float = module.MEMORY) -> Any:
    return module.kmeans(z, K, starts, steps, TOLERANCE, seed, memory)


def theirs(z: Tensor, seed: int, starts: int, init: Any = "k-means++") -> Any:
    model = Reference(K, init=init, n_init=starts, max_iter=STEPS, tol=TOLERANCE, random_state=seed)
    return model.fit(z.numpy())


def whole(clock: Clock, z: Tensor, starts: int, repeats: int) -> list[str]:
    """Seconds of whole fits, and the best inertia of all repeats."""
    mine, other = [], []
    for seed in range(repeats):
        mine.append(timed(clock, ours, z, seed, starts))
        other.append(timed(clock, theirs, z, seed, starts))
    a, b = statistics.median(t for t, _ in mine), statistics.median(t for t, _ in other)
    ratio = statistics.median(p / q for (p, _), (q, _) in zip(mine, other, strict=True))
    x, y = min(found.inertia for _, found in mine), min(found.inertia_ for _, found in other)
    return [f"{a:.2f}", f"{b:.2f}", f"{ratio:.2f}", "1", f"{abs(x / y - 1):.0e}", "1e-03"]


def from_same(clock: Clock, z: Tensor, seed: int, starts: int) -> list[str]:
    """From the same rows: seconds, and of the best starts their steps, inertia and labels."""
    generator = torch.Generator().manual_seed(seed)
    rows = module.plus_plus(z - z.mean(0), K, starts, generator, module.MEMORY)
    first = iter(rows.numpy())
    with patch.object(module, "plus_plus", return_value=rows):
        a, mine = timed(clock, ours, z, seed, starts)
    b, other = timed(clock, theirs, z, seed, starts, lambda x, *_, **__: x[next(first)])
    same = (mine.labels == torch.from_numpy(other.labels_)).double().mean().item()
    found = [f"{abs(mine.inertia / other.inertia_ - 1):.0e}", f"{same:.5f}"]
    return [f"{a:.2f}", f"{b:.2f}", f"{a / b:.2f}", f"{mine.steps}", f"{other.n_iter_}", *found]


def with_little(clock: Clock, z: Tensor, starts: int) -> list[list[str]]:
    """The largest table of distances that was made, and the inertia, with much memory and with little."""
    rows, crossed, sizes = [], module.crossed, []

    def watched(piece: Tensor, m: Tensor) -> Tensor:
        apart = crossed(piece, m)
        sizes.append(apart.numel() * apart.element_size())
        return apart

    for memory in (module.MEMORY, SMALL / 2**20):
        sizes.clear()
        with patch.object(module, "crossed", watched):
            seconds, found = timed(clock, ours, z, 0, starts, STEPS, memory)
        kib = [f"{memory * 2**20:.0f}", f"{max(sizes) / 2**10:.0f}"]
        rows.append([*kib, f"{found.inertia:.7g}", f"{seconds:.2f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cpu", action="store_true", help="the processor's seconds, where it has other work")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu else time.perf_counter
    torch.set_num_threads(arguments.threads)
    starts, repeats = arguments.starts, arguments.repeats
    x = mnist()
    z = torch.from_numpy(PCA(K, svd_solver="covariance_eigh").fit_transform(x.numpy())).float()
    data = {f"codes, {tuple(z.shape)}": z, f"pixels, {tuple(x.shape)}": x}
    with threadpool_limits(arguments.threads):
        ours(z, 0, 1)  # the first warms up
        theirs(z, 0, 1)
        fits = [[name, *whole(clock, v, starts, repeats)] for name, v in data.items()]
        same = [
            [name, *from_same(clock, v, seed, starts)] for name, v in data.items() for seed in range(repeats)
        ]
        little = [[name, *row] for name, v in data.items() for row in with_little(clock, v, starts)]
    says = f"{starts} starts, {arguments.threads} thread{'s' * (arguments.threads > 1)}"
    times = [f"{name} {'CPU s' if arguments.cpu else 's'}" for name in ("aelab", "scikit-learn")]
    head = [says, *times, "ratio", "at most", "best inertia apart", "at most"]
    sys.stdout.write(table(head, fits) + "\n\n")
    head = ["from the same rows", *times, "ratio", "steps", "theirs", "inertia apart", "same labels"]
    sys.stdout.write(table(head, same) + "\n\n")
    head = ["memory", "KiB given", "KiB of distances at most", "inertia", times[0]]
    sys.stdout.write(table(head, little) + "\n")


if __name__ == "__main__":
    main()
