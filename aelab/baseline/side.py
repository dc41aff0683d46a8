"""A baseline beside a run: fitted once, when it is first asked, and seen as Traces of the run's own rows."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from aelab.baseline.baseline import Baseline
from aelab.evaluation import at_rest, inputs, learn, measure
from aelab.figure.figure import Side
from aelab.system import System
from aelab.trace import Trace


class Beside:
    """What a baseline makes of the inputs of a system, corrupted as the system sees them."""

    def __init__(self, baseline: Baseline, system: System) -> None:
        self.baseline, self.system = baseline, system

    @cached_property
    def fitted(self) -> Baseline:
        self.baseline.fit(self.system.dataset, self.system.model.latent.dim)
        return self.baseline

    def traces(self, split: str, limit: int | None = None, in_use: bool = False) -> Iterator[Trace]:
        """Traces with z and, where the method rebuilds, x_hat."""
        with at_rest(self.system):
            for trace in inputs(self.system, split, limit, in_use):
                x = trace.x_tilde.flatten(1).cpu().numpy()
                z = self.fitted.encode(x)
                x_hat = self.fitted.decode(z)
                trace["z"] = torch.from_numpy(np.ascontiguousarray(z, np.float32))
                if x_hat is not None:
                    rebuilt = torch.from_numpy(np.ascontiguousarray(x_hat, np.float32))
                    trace["x_hat"] = rebuilt.view_as(trace.x).to(trace.x.device)
                yield trace

    def scores(self, splits: list[str]) -> dict[str, float]:
        """`<split>/<metric>` by the run's own metrics, as far as they find what they read."""
        if not self.baseline.scored:
            return {}
        entries = tuple(next(self.traces("train", 2)))
        learn(self.system.metrics, self.traces, entries)
        return {
            f"{split}/{name}": value
            for split in splits
            for name, value in measure(self.system.metrics, self.traces, entries, split).items()
        }

    def side(self) -> Side:
        return Side(self.trace, self.codes)

    def trace(self, split: str, n: int) -> Trace:
        """The first n rows of a split, on the CPU."""
        parts = list(self.traces(split, n))
        return Trace({name: torch.cat([part[name].cpu() for part in parts]) for name in parts[0]})

    def codes(self, split: str) -> tuple[Tensor, Tensor | None]:
        """(z [n, d], y [n] or None) of a split, uncorrupted."""
        parts = list(self.traces(split, in_use=True))
        y = torch.cat([part["y"].cpu() for part in parts]) if "y" in parts[0] else None
        return torch.cat([part.z for part in parts]), y
