"""What the tests of `aelab report` share: folders as runs leave them, and what is said of them."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aelab.command.report import main

SEEDS = {0: 0.031, 1: 0.033, 2: 0.0375}


def run(
    folder: str,
    overrides: str = "",
    seed: int = 0,
    metrics: dict[str, Any] | None = None,
    status: dict[str, str] | None = None,
) -> Path:
    """A run's folder as training leaves it: whole if it has metrics."""
    path = Path(folder)
    asked = [*overrides.split(), f"seed={seed}"]
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra/overrides.yaml").write_text("".join(f"- {line}\n" for line in asked))
    if status:
        (path / "status.json").write_text(json.dumps(status))
    if metrics:
        facts = {"epochs": 20, "seconds": 1.5, "parameters": 1234, "device": "cpu"}
        results = {"status": "completed", "metrics": metrics, "overrides": asked, "seed": seed, **facts}
        (path / "results.json").write_text(json.dumps(results))
    return path


def history(folder: Path, *rows: str, columns: str = "stage,epoch,step,train/loss,val/mse") -> None:
    """metrics.csv, a row an epoch."""
    (folder / "metrics.csv").write_text("\n".join([columns, *rows]) + "\n")


def config(folder: Path, text: str) -> None:
    """The composed configuration, or what of it matters."""
    (folder / ".hydra/config.yaml").write_text(text)


def picture(file: Path, width: int = 1500, height: int = 500) -> Path:
    """A ramp of two colours on white, as RGBA."""
    x = np.full((height, width, 4), 255, np.uint8)
    x[: height // 2, :, 0] = np.linspace(0, 255, width)
    x[: height // 2, :, 2] = 255 - x[: height // 2, :, 0]
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(x).save(file)
    return file


def sweep() -> None:
    """Two code sizes under three seeds, of the same data."""
    for dim, offset in ((2, 0.0), (10, 0.01)):
        for seed, mse in SEEDS.items():
            found = {
                "val/mse": mse - offset + 0.5,
                "test/mse": mse - offset,
                "test/psnr": 15 + dim + seed,
                "test/odd": dim,
            }
            run(f"sweep/{dim}-{seed}", f"dataset=digits model.latent.dim={dim}", seed, found)
    Path("sweep/sweep.json").write_text("")


def report(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    assert main(list(argv)) == 0
    return capsys.readouterr().out.splitlines()


def rows() -> list[dict[str, str]]:
    with open("sweep/report.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
