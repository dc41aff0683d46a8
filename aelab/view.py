"""What figures, codes and commands take from a trained system."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from aelab.evaluation import at_rest, photos, traces, whole
from aelab.figure.figure import Side, View
from aelab.system import System
from aelab.trace import Trace


def first(system: System, split: str, n: int) -> Trace:
    """The Trace of the first n rows of a split, on the CPU."""
    parts = [on_cpu(trace) for trace in traces(system, split, n)]
    return Trace({name: join([part[name] for part in parts]) for name in parts[0]})


def codes(system: System, split: str) -> tuple[Tensor, Tensor | None]:
    """(z [n, d], y [n] or None) of every row of a split, corrupted only by what is always there."""
    y = ("y",) if system.dataset.rows.y is not None else ()
    found = whole(system, split, "z", *y)
    return found["z"].cpu(), found["y"].cpu() if y else None


def on_cpu(trace: Trace) -> Trace:
    return Trace({name: value.cpu() for name, value in trace.items() if isinstance(value, Tensor)})


def join(parts: list[Any]) -> Any:
    return torch.cat(parts) if parts[0].ndim else parts[0]


def view(
    system: System,
    name: str,
    history: list[dict[str, Any]],
    metrics: dict[str, float],
    baselines: dict[str, Side],
    snapshots: dict[int, Tensor],
    mixtures: dict[int, dict[str, Tensor]] | None = None,
    centroids: dict[int, Tensor] | None = None,
) -> View:
    """The view of a run for its figures; the model moves to the CPU and is in single precision, as the codes
    are that figures make.
    """
    system.cpu().float()
    system.dataset.to(torch.device("cpu"))
    system.eval()
    return View(
        model=system.model,
        dataset=system.dataset,
        name=name,
        trace=lambda split, n: first(system, split, n),
        traces=lambda split, n, in_use=False: traces(system, split, n, in_use),
        codes=lambda split: codes(system, split),
        baselines=baselines,
        history=history,
        metrics=metrics,
        terms=dict(system.objective.terms.items()),  # type: ignore[arg-type]
        snapshots=snapshots,
        mixtures=mixtures or {},
        centroids=centroids or {},
        photos=lambda split, n: [on_cpu(trace) for trace in photos(system, split, n)],
    )


@contextmanager
def glimpse(system: System, name: str) -> Iterator[View]:
    """A view in the midst of a training, which goes on where it was as if nobody had looked."""
    device = system.device
    # a net of another precision is looked at as a copy in single, for what it was it would not be again
    is_single = system.dtype == torch.float32
    seen = system if is_single else copy.deepcopy(system, {id(system.dataset): system.dataset})
    with at_rest(seen), torch.random.fork_rng(devices=[]):
        yield view(seen, name, [], {}, {}, {})
    system.to(device)
    system.dataset.to(device)
