"""Quality: how well the default settings rebuild MNIST through 30 numbers, and how long they take.

    AELAB_DATA=folder python benchmarks/quality.py

The net is 784-1000-500-250-30 and its mirror image [Hinton & Salakhutdinov 2006], trained on squared error.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from aelab.table import table

COMMAND = [
    "dataset=mnist",
    "model.latent.dim=30",
    "model.widths=[1000,500,250]",
    "dataset.batch_size=128",
    "trainer=cpu",
    "trainer.max_epochs=40",
    "optimizer.lr={_target_: aelab.schedule.Cosine, start: 1.0e-3, end: 1.0e-5}",
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        subprocess.run([sys.executable, "-m", "aelab", *COMMAND, f"hydra.run.dir={run}"], check=True)
        results = json.loads((run / "results.json").read_text())
    metrics = results["metrics"]
    rows = [
        ["test/sse", f"{metrics['test/sse']:.3f}", "under 4.2"],
        ["test/pca_sse", f"{metrics['test/pca_sse']:.3f}", "13.87 ± 0.02"],
        ["minutes", f"{results['seconds'] / 60:.1f}", "at most 10"],
    ]
    sys.stdout.write("aelab " + " ".join(f"'{part}'" for part in COMMAND) + "\n\n")
    sys.stdout.write(table(["MNIST, 784-1000-500-250-30", "measured", "target"], rows) + "\n")


if __name__ == "__main__":
    main()
