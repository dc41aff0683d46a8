"""Which rows a run rebuilds worst: anomalies.csv."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from aelab.evaluation import traces
from aelab.files import replacing
from aelab.metric.anomaly import Anomaly, score
from aelab.system import System


def are_asked(system: System) -> bool:
    """Whether a metric of the system is about them."""
    return any(isinstance(metric, Anomaly) for metric in system.metrics.values())


def write_anomalies(system: System, path: Path) -> None:
    """anomalies.csv, a line for every row of the run's splits, the largest score first."""
    final = system.dataset.final
    splits = [final] if final == "all" else list(system.dataset.splits)
    rows = sorted((row for split in splits for row in lines(system, split)), key=lambda row: -row["score"])
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        names = [name for name in rows[0] if name != "split" or len(splits) > 1]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def write_scores(names: Sequence[str], scores: list[float], path: Path) -> None:
    """Of a user's own rows, the largest first."""
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "score"])
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        writer.writerows([names[i], scores[i]] for i in order)


def lines(system: System, split: str) -> Iterator[dict[str, float]]:
    """Each row of a split: its file or else its number, its score, and what the data says of it."""
    dataset, index = system.dataset, system.dataset.splits[split].cpu()
    columns: dict[str, list] = {"name": index.tolist(), "split": [split] * len(index)}
    if dataset.rows.names:
        columns["name"] = [dataset.rows.names[row] for row in columns["name"]]
    columns["score"] = scores(system, split).tolist()
    for name, of in {"anomaly": dataset.anomaly, "label": dataset.rows.y}.items():
        if of is not None:
            columns[name] = [value if value >= 0 else "" for value in of.cpu()[index].tolist()]
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def scores(system: System, split: str) -> Tensor:
    """‖x − x̂‖² of every row of a split, in its order, as in use: [n] float64 on the CPU"""
    seen = traces(system, split, in_use=True, needed=("x", "x_hat"))
    return torch.cat([score(trace.x, trace.x_hat).cpu() for trace in seen])
