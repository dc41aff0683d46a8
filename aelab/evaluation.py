"""Scoring a split: losses and metrics, corrupted with a fixed seed so that scores compare."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from aelab.metric.metric import Metric
from aelab.reads import available, missing
from aelab.seed import derive, seeder
from aelab.system import System, gives
from aelab.trace import Trace, is_of_rows

AT_LEAST = 1000
"""Rows of an evaluation batch, where the training's are fewer."""

Source = Callable[..., Iterator[Trace]]
"""(split, limit=None, in_use=False) -> the Traces of its rows, batch by batch, in order."""


def inputs(system: System, split: str, limit: int | None = None, in_use: bool = False) -> Iterator[Trace]:
    """x, x̃ and what else comes before the encoder; the same corruption every time. To be used `at_rest`."""
    dataset, device = system.dataset, system.device
    dataset.to(device)  # where the model is; it may have moved since they were together
    rows, size = dataset.splits[split][:limit], max(dataset.batch_size, AT_LEAST)
    seed, first = seeder(device), derive("evaluation", split)
    for start in range(0, len(rows), size):
        seed(first + start)
        part = rows[start : start + size].to(device)
        with torch.no_grad():
            x, y = dataset.batch(part)
            yield system.corrupted(x.to(system.dtype), y, part, in_use)


def traces(
    system: System,
    split: str,
    limit: int | None = None,
    in_use: bool = False,
    reads: Collection[str] | None = None,
) -> Iterator[Trace]:
    """The whole Traces, or what is read of them; nets in evaluation mode, schedules at their end."""
    with at_rest(system):
        for trace in inputs(system, split, limit, in_use):
            with torch.no_grad():
                yield system.passed(trace, in_use, reads)


def whole(system: System, split: str, *names: str) -> dict[str, Tensor]:
    """These entries of all rows of a split, in its order, as in use and where the model is."""
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    for trace in traces(system, split, in_use=True, reads=names):
        for name in names:
            parts[name].append(trace[name])
    return {name: torch.cat(part) if is_of_rows(name) else part[0] for name, part in parts.items()}


@contextmanager
def at_rest(system: System) -> Iterator[None]:
    """In evaluation mode, with schedules at their end; afterwards every module is in the mode it was in."""
    modes = [(module, module.training) for module in system.modules()]
    system.eval()
    system.clock.set(1.0)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(system: System, split: str, limit: int | None = None) -> dict[str, float]:
    """`loss`, `loss.<term>` where there are several, and every metric that is quick."""
    return measure_system(system, quick(system.metrics), split, limit)


def score(system: System, splits: Sequence[str]) -> dict[str, float]:
    """All losses and metrics of a finished system on these splits, as `<split>/<name>`."""
    learn(system.metrics, partial(traces, system), gives_of(system))
    return {
        f"{split}/{name}": value
        for split in splits
        for name, value in measure_system(system, system.metrics, split).items()
    }


def measure_system(
    system: System, metrics: Mapping[str, Metric], split: str, limit: int | None = None
) -> dict[str, float]:
    totals: dict[str, float] = {}
    n = 0

    def add(trace: Trace) -> None:
        nonlocal n
        b = len(trace.x)
        n += b
        for name, value in losses(system, trace).items():
            totals[name] = totals.get(name, 0.0) + b * value.item()

    found = measure(metrics, partial(traces, system), gives_of(system), split, limit, add)
    return {**{name: total / n for name, total in totals.items()}, **found}


def measure(
    metrics: Mapping[str, Metric],
    source: Source,
    entries: Collection[str],
    split: str,
    limit: int | None = None,
    also: Callable[[Trace], Any] | None = None,
) -> dict[str, float]:
    """The numbers of those metrics that find what they read among a source's entries.

    also: is shown every Trace that may be corrupted.
    """
    scores: dict[str, float] = {}
    readable = [metric for metric in metrics.values() if not missing(metric.update, entries)]
    for clean in (False, True):
        chosen = [(metric, available(metric.update, entries)) for metric in readable if metric.clean == clean]
        for metric, _ in chosen:
            metric.reset()
        if not chosen and (clean or also is None):
            continue
        for trace in source(split, limit, in_use=clean):
            if also and not clean:
                also(trace)
            for metric, names in chosen:
                metric.update(**{name: trace[name] for name in names})
        for metric, _ in chosen:
            scores |= metric.compute()
    return scores


def learn(metrics: Mapping[str, Metric], source: Source, entries: Collection[str]) -> None:
    """Show the training rows to the metrics that learn from them, once."""
    for clean in (False, True):
        pupils = [
            metric
            for metric in metrics.values()
            if metric.fit
            and metric.clean == clean
            and not missing(metric.fit, entries)
            and not missing(metric.update, entries)
        ]
        names = dict.fromkeys(
            name for metric in pupils if metric.fit for name in available(metric.fit, entries)
        )
        if not pupils:
            continue
        parts: dict[str, list[Tensor]] = {name: [] for name in names}
        for trace in source("train", None, in_use=clean):
            for name in names:
                parts[name].append(trace[name].cpu())
        whole = {name: torch.cat(part) for name, part in parts.items()}
        for metric in pupils:
            assert metric.fit
            metric.fit(**{name: whole[name] for name in available(metric.fit, entries)})


def quick(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """Those that every validation can afford."""
    return {name: metric for name, metric in metrics.items() if not metric.final}


def gives_of(system: System) -> tuple[str, ...]:
    return gives(system.dataset, system.corruption, system.model, system.objective)


def losses(system: System, trace: Trace) -> dict[str, Tensor]:
    """The objective and its unweighted parts, by the names of `part_names`."""
    total, parts = system.objective(trace)
    return dict(zip(part_names(system), [total, *parts], strict=False))


def part_names(system: System) -> list[str]:
    """`loss`, and where it has several terms, `loss.<term>` for each."""
    terms = system.objective.terms
    return ["loss", *(f"loss.{name}" for name in terms if len(terms) > 1)]
