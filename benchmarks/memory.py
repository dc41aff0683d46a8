"""Memory: MNIST lives once, as bytes.

    AELAB_DATA=folder python benchmarks/memory.py

Resident memory of this process after the data set is read, at its peak meanwhile, and after an
epoch of training; 70,000 images of 28 x 28 bytes are 52.3 MiB.
"""

import resource
import sys
import tempfile
from pathlib import Path

from hydra import compose, initialize_config_dir

from aelab import log
from aelab.assemble import assemble
from aelab.build import build
from aelab.fitting import fit
from aelab.places import conf_dir
from aelab.table import table


def resident() -> float:
    """MiB now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peak() -> float:
    """MiB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    log.start()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        digits = compose("config", overrides=["trainer=cpu", "trainer.max_epochs=1", "logger=none", "name=x"])
        mnist = compose(
            "config",
            overrides=["dataset=mnist", "trainer=cpu", "trainer.max_epochs=1", "logger=none", "name=x"],
        )
    with tempfile.TemporaryDirectory() as folder:
        job = assemble(digits, Path(folder))  # a first training, so that no import is counted
        fit(digits, job, Path(folder))
        rows, before = [], resident()
        dataset = build(mnist.dataset).setup()
        bytes_of = dataset.rows.x.numel() * dataset.rows.x.element_size() / 2**20
        rows.append(["the images, counted", f"{bytes_of:.1f}", "52.3"])
        rows.append(["resident, after reading", f"{resident() - before:.1f}", ""])
        rows.append(["peak, while reading", f"{peak() - before:.1f}", ""])
        del dataset
        before = resident()
        job = assemble(mnist, Path(folder))
        fit(mnist, job, Path(folder))
        rows.append(["resident, after an epoch", f"{resident() - before:.1f}", ""])
        rows.append(["peak, over all", f"{peak() - before:.1f}", ""])
    sys.stdout.write(table(["MNIST", "MiB", "bytes"], rows) + "\n")


if __name__ == "__main__":
    main()
