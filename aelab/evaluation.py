"""Scoring a split: losses and metrics, corrupted with a fixed seed so that scores compare."""

from collections.abc import Iterator

import torch
from torch import Tensor

from aelab.reads import available
from aelab.seed import derive, seeder
from aelab.system import System, gives
from aelab.trace import Trace

AT_LEAST = 1000
"""Rows of an evaluation batch, where the training's are fewer."""


def traces(system: System, split: str, limit: int | None = None, in_use: bool = False) -> Iterator[Trace]:
    """The Traces of a split, batch by batch, in order; nets in evaluation mode, schedules at their end."""
    dataset, device = system.dataset, system.device
    rows, size = dataset.splits[split][:limit], max(dataset.batch_size, AT_LEAST)
    seed, first = seeder(device), derive("evaluation", split)
    was_training = system.training
    system.eval()
    system.clock.set(1.0)
    try:
        for start in range(0, len(rows), size):
            seed(first + start)
            part = rows[start : start + size].to(device)
            with torch.no_grad():
                x, y = dataset.batch(part)
                yield system(x.to(system.dtype), y, part, in_use)
    finally:
        system.train(was_training)


def evaluate(system: System, split: str, limit: int | None = None) -> dict[str, float]:
    """`loss`, `loss.<term>` where there are several, and every metric of this split."""
    entries = gives(system.dataset, system.corruption, system.model)
    metrics = [(metric, available(metric.update, entries)) for metric in system.metrics.values()]
    for metric, _ in metrics:
        metric.reset()
    totals: dict[str, float] = {}
    n = 0
    for trace in traces(system, split, limit):
        b = len(trace.x)
        n += b
        for name, value in losses(system, trace).items():
            totals[name] = totals.get(name, 0.0) + b * value.item()
        for metric, names in metrics:
            metric.update(**{name: trace[name] for name in names})
    scores = {name: total / n for name, total in totals.items()}
    for metric, _ in metrics:
        scores |= metric.compute()
    return scores


def losses(system: System, trace: Trace) -> dict[str, Tensor]:
    """The objective and its unweighted parts, by the names of `part_names`."""
    total, parts = system.objective(trace)
    return dict(zip(part_names(system), [total, *parts], strict=False))


def part_names(system: System) -> list[str]:
    """`loss`, and where it has several terms, `loss.<term>` for each."""
    terms = system.objective.terms
    return ["loss", *(f"loss.{name}" for name in terms if len(terms) > 1)]
