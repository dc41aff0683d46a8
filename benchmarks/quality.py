"""Quality: how well 30 numbers rebuild MNIST after a few minutes on a CPU.

    AELAB_DATA=folder python benchmarks/quality.py

The net is 784-1000-500-250-30 and its mirror image [Hinton & Salakhutdinov 2006], trained on squared
error, with batch norm and a falling rate in place of their pretraining.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from aelab.table import table

COMMAND = [
    "dataset=mnist",
    "dataset.batch_size=256",
    "model.widths=[1000,500,250]",
    "model.latent.dim=30",
    "model.batch_norm=true",
    "model.output_activation=sigmoid",
    "optimizer.lr={_target_: aelab.schedule.Cosine, start: 2.0e-3, end: 1.0e-5}",
    "trainer=cpu",
    "trainer.max_epochs=50",
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
