"""Scoring a split: losses and metrics, corrupted with a fixed seed so that scores compare."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from aelab.metric.metric import Metric
from aelab.minibatches import Minibatches
from aelab.plan import plan
from aelab.reads import available, missing
from aelab.seed import derive, seeder
from aelab.system import System, gives
from aelab.tiles import restored
from aelab.trace import Trace, is_of_rows

AT_LEAST = 1000
"""Rows of an evaluation batch, where the training's are fewer."""

Source = Callable[..., Iterator[Trace]]
"""(split, part=None, in_use=False) -> the Traces of its rows, batch by batch, in order."""
Whole = Callable[[str], Iterator[Trace]]
"""split -> the Traces of its whole photos, one by one."""


def inputs(
    system: System, split: str, part: int | slice | None = None, in_use: bool = False
) -> Iterator[Trace]:
    """x, x̃ and what else comes before the encoder; the same corruption every time. To be used `at_rest`.

    part: so many rows, the first; or those of a slice.
    """
    dataset, device = system.dataset, system.device
    dataset.to(device)  # where the model is; it may have moved since they were together
    chosen = part if isinstance(part, slice) else slice(part)
    rows, size = dataset.splits[split][chosen], max(dataset.batch_size, AT_LEAST)
    seed, first = seeder(device), derive("evaluation", split)
    for start in range(0, len(rows), size):
        seed(first + start)
        some = rows[start : start + size].to(device)
        with torch.no_grad():
            x, y = dataset.batch(some)
            yield system.corrupted(x.to(system.dtype), y, some, in_use)


def traces(
    system: System,
    split: str,
    part: int | slice | None = None,
    in_use: bool = False,
    needed: Collection[str] | None = None,
) -> Iterator[Trace]:
    """The whole Traces, or what is needed of them; nets in evaluation mode, schedules at their end."""
    with at_rest(system):
        for trace in inputs(system, split, part, in_use):
            with torch.no_grad():
                yield system.passed(trace, in_use, needed)


def photo_inputs(system: System, split: str, n: int | None = None) -> Iterator[Trace]:
    """x [1, c, H, W], x̃ and what else comes before the encoder, of each whole photo of a split, or the first
    n; cropped to what the corruption takes, and corrupted in the same way every time. To be used `at_rest`.
    """
    dataset, device = system.dataset, system.device
    dataset.to(device)
    seed, first, multiple = seeder(device), derive("evaluation", "photos", split), system.corruption.multiple
    for i, (_, photo) in enumerate(islice(dataset.photos(split), n)):
        h, w = (side - side % multiple for side in photo.shape[-2:])
        seed(first + i)
        with torch.no_grad():
            x = dataset.scale(photo[None, :, :h, :w].to(device))
            yield system.corrupted(x.to(system.dtype))


def photos(system: System, split: str, n: int | None = None) -> Iterator[Trace]:
    """The Traces of whole photos, with the x̂ that tiles make."""
    with at_rest(system):
        for trace in photo_inputs(system, split, n):
            trace["x_hat"] = restored(system, trace)
            yield trace


def whole(system: System, split: str, *names: str, part: int | slice | None = None) -> dict[str, Tensor]:
    """These entries of all rows of a split, or a part, in its order, as in use and where the model is."""
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    for trace in traces(system, split, part, in_use=True, needed=names):
        for name in names:
            parts[name].append(trace[name])
    return {name: torch.cat(found) if is_of_rows(name) else found[0] for name, found in parts.items()}


def shuffled(system: System, size: int, seed: int) -> Callable[[int], Iterator[Tensor]]:
    """epoch -> the codes z of all training rows, as in use and where the model is, so many at a time; their
    order and what is drawn are of the seed and the epoch.
    """
    dataset, draws = system.dataset, derive(seed, "draws")
    length = plan(len(dataset.splits["train"]), size, {"max_epochs": 1})
    minibatches = Minibatches(system, length, derive(seed, "order"))
    reseed = seeder(system.device)

    def codes(epoch: int) -> Iterator[Tensor]:
        first = epoch * length.epoch
        dataset.to(system.device)
        with at_rest(system):
            for i, (x, y, index) in enumerate(minibatches(first, first + length.epoch)):
                reseed(draws + first + i)
                with torch.no_grad():
                    drawn = dataset.draw(x, False) if dataset.is_random(False) else x
                    trace = system.corrupted(drawn, y, index, in_use=True)
                    z = system.passed(trace, in_use=True, needed=("z",))["z"]
                yield z

    return codes


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

    shown = partial(traces, system), partial(photos, system)
    found = measure(metrics, *shown, gives_of(system), split, limit, add)
    return {**{name: total / n for name, total in totals.items()}, **found}


def measure(
    metrics: Mapping[str, Metric],
    source: Source,
    whole: Whole,
    entries: Collection[str],
    split: str,
    limit: int | None = None,
    also: Callable[[Trace], Any] | None = None,
) -> dict[str, float]:
    """The numbers of those metrics that find what they read among a source's entries.

    also: is shown every Trace of rows that may be corrupted.
    """
    scores: dict[str, float] = {}
    readable = [metric for metric in metrics.values() if not missing(metric.update, entries)]
    shown = {
        "corrupted": partial(source, split, limit, in_use=False),
        "clean": partial(source, split, limit, in_use=True),
        "whole": partial(whole, split),
    }
    for kind, begin in shown.items():
        chosen = [(metric, available(metric.update, entries)) for metric in readable if metric.sees == kind]
        add = also if kind == "corrupted" else None
        for metric, _ in chosen:
            metric.reset()
        if not chosen and add is None:
            continue
        for trace in begin():
            if add:
                add(trace)
            for metric, names in chosen:
                metric.update(**{name: trace[name] for name in names if name in trace})
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
