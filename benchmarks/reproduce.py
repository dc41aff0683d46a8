"""Runs the papers' experiments and writes what came out to docs/reproductions.md.

    python benchmarks/reproduce.py                    every row that is not measured
    python benchmarks/reproduce.py cae2011 dae2008    some
    python benchmarks/reproduce.py --seeds 0,1,2 pca  mean and deviation over seeds
    python benchmarks/reproduce.py --again pca        measured or not
    python benchmarks/reproduce.py --write            only the page, from what was measured before

What is measured is kept in docs/reproductions.json, a record for every command and seed; the page is
written from it. A row that nobody has run as its settings are now says so.
"""

import argparse
import functools
import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from aelab.places import conf_dir

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reproductions.md"
RECORDS = PAGE.with_suffix(".json")
HEAD = """# Reproductions

What papers and lectures report, and what one command gives here. Written by
`python benchmarks/reproduce.py`, from runs alone: mean ± standard deviation over seeds, minutes of one run
with its pretraining, fine-tuning, metrics and pictures. Data, where the experiment says nothing else: MNIST,
54,000 rows to train, 6,000 to choose, 10,000 to test. Errors are fractions, likelihoods nats a row. A row
whose settings have changed since is not measured.
"""


LATER = {
    "loss.bce.pixels": "all", "loss.gaussian.pixels": "all", "model.condition": None, "model.full": [],
    "model.decoder_widths": None, "model.decoder_activation": None, "model.decoder": True,
    "dataset.retention": 1.0, "dataset.normal": None, "loss.mse.reduction": "sum", "loss.l1.reduction": "sum",
    "recipe.kmeans.batch_size": None, "model.latent.std": 1.0,
    "recipe.train.drawn": True, "recipe.reconstruct.drawn": True,
    "recipe.train.part": None, "recipe.reconstruct.part": None, "model.residual": False,
    "corruption.block.every": None,
}  # fmt: skip
"""Settings that are younger than some records, by dotted name, at the value that leaves a run as it was."""

IDLE = (
    "figure", "logger", "clusters", "reuse", "callback.cluster_history", "callback.film", "objective",
    "fail_fast",
)  # fmt: skip
"""Settings, by dotted name, of which no number depends but through others that name them."""

COLUMNS = {
    "experiment": "---", "metric": "---", "paper": "---:", "goal": "---", "ours": "---:", "seeds": "---:",
    "epochs": "---:", "minutes": "---:", "hardware": "---", "source": "---", "command": "---",
}  # fmt: skip


def main() -> None:
    rows: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "reproductions.yaml").read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(rows)}")
    parser.add_argument("--seeds", default="0", help="for example 0,1,2")
    parser.add_argument("--again", action="store_true", help="what is measured, too")
    parser.add_argument("--write", action="store_true", help="run nothing")
    parser.add_argument("--row", type=int, help="only this row of each name, from 0")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(rows):
        parser.error(f"no {', '.join(sorted(unknown))}; there are {', '.join(rows)}")
    asked = [
        (row, int(seed))
        for name in arguments.names or list(rows)
        for i, row in enumerate(rows[name])
        for seed in arguments.seeds.split(",")
        if arguments.row in (None, i)
    ]
    PAGE.parent.mkdir(exist_ok=True)
    failed = []
    for row, seed in [] if arguments.write else asked:
        if arguments.again or seed not in [record["seed"] for record in measured(row, load())]:
            try:
                measure(row, seed)
            except subprocess.CalledProcessError:
                failed.append(f"{command(row)} seed={seed}")
            PAGE.write_text(page(rows, load()))
    PAGE.write_text(page(rows, load()))
    if failed:
        raise SystemExit("\n".join(["failed:", *failed]))


def command(row: dict[str, Any]) -> str:
    """What a user types for a row."""
    precision = " trainer.precision=bf16-mixed" if row.get("bf16") and has_bf16() else ""
    return f"aelab {row['run']}{precision}"


def has_bf16() -> bool:
    """Whether this machine multiplies in bf16."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(kind in flags.read_text() for kind in ("avx512_bf16", "amx_bf16"))


def measure(row: dict[str, Any], seed: int) -> None:
    """Run a row's command and keep its record."""
    typed = command(row)
    folder = HERE.parent / "outputs" / "reproductions" / f"{typed[6:].replace(' ', ',')},seed={seed}"
    number = 0
    while (place := folder.with_name(f"{folder.name}~{number}")).exists():
        number += 1
    arguments = [*typed.split()[1:], f"seed={seed}", f"hydra.run.dir='{place}'"]
    sys.stderr.write(f"{typed} seed={seed}\n")
    subprocess.run([sys.executable, "-m", "aelab", *arguments], check=True)
    results = json.loads((place / "results.json").read_text())
    record = {
        "command": typed,
        "settings": settings(typed),
        "seed": seed,
        "metrics": {key: results["metrics"][key] for key in row["numbers"]},
        "epochs": results["epochs"],
        "minutes": round((results["seconds"] + sum(results["reused"].values())) / 60, 2),
        "hardware": hardware(),
        "commit": commit(),
    }
    others = [r for r in load() if (r["command"], r["seed"]) != (typed, seed)]
    RECORDS.write_text(json.dumps([*others, record], indent=1) + "\n")


@functools.cache
def settings(typed: str) -> str:
    """A digest of what a command means, of all settings that its numbers depend on."""
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=["name=reproduction", "dataset.root=data", *typed.split()[1:]])
    whole = OmegaConf.to_container(config, resolve=True)
    assert isinstance(whole, dict)
    for name in (*IDLE, *LATER):
        *path, last = name.split(".")
        place = functools.reduce(lambda node, key: node.get(key) or {}, path, whole)
        if last in place and (name in IDLE or place[last] == LATER[name]):
            del place[last]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def commit() -> str:
    """Of the code, with a + where it is changed."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=HERE, capture_output=True, text=True
    )
    return said.stdout.strip()


def hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    threads = int(os.environ.get("OMP_NUM_THREADS") or torch.get_num_threads())
    return f"{model}, {threads} thread{'s' * (threads > 1)}"


def measured(row: dict[str, Any], records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row's records, as its settings are now; in bf16 where there are such."""
    for typed in dict.fromkeys((command(row), f"aelab {row['run']}")):
        same = [r for r in records if r["command"] == typed]
        if found := [r for r in same if r["settings"] == settings(typed)]:
            return found
    return []


def load() -> list[dict[str, Any]]:
    return json.loads(RECORDS.read_text()) if RECORDS.is_file() else []


def page(rows: dict[str, list[dict[str, Any]]], records: list[dict[str, Any]]) -> str:
    """The table, a line for every number."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"| {' | '.join(COLUMNS.values())} |"]
    for name, variants in rows.items():
        for row in variants:
            found = measured(row, records)
            about_row = about_runs(found) if found else ["", "", "", ""]
            about_row += [row.get("source", ""), f"`{found[-1]['command'] if found else command(row)}`"]
            for i, (metric, about) in enumerate(row["numbers"].items()):
                values = [r["metrics"][metric] for r in found if metric in r["metrics"]]
                ours = shown(values) if values else "not measured"
                paper = about.get("paper")
                number = [metric, "" if paper is None else f"{paper:g}", about.get("goal", ""), ours]
                cells = [name, *number, *about_row] if i == 0 else ["", *number, *[""] * len(about_row)]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([HEAD, *lines]) + "\n"


def about_runs(found: list[dict[str, Any]]) -> list[str]:
    """Seeds, epochs, minutes and hardware of a row's records."""
    minutes = mean(r["minutes"] for r in found)
    return [str(len(found)), str(found[-1]["epochs"]), f"{minutes:.1f}", found[-1]["hardware"]]


def shown(values: list[float]) -> str:
    middle = f"{mean(values):.4g}"
    return f"{middle} ± {stdev(values):.2g}" if len(values) > 1 else middle


if __name__ == "__main__":
    main()
