"""A baseline beside a run: fitted once, when it is first asked, and seen as Traces of the run's own rows."""

from collections.abc import Iterator
from functools import cache, cached_property

import numpy as np
import torch
from torch import Tensor

from aelab.baseline.baseline import Baseline, stride
from aelab.evaluation import at_rest, inputs, learn, measure, photo_inputs
from aelab.figure.figure import Side
from aelab.system import System
from aelab.tiles import restored
from aelab.trace import Trace

ROWS, PHOTOS, SIDE = 256, 6, 192
"""That a method of restoration is tuned on: training rows, or the middles of photos, of this side."""


class Beside:
    """What a baseline makes of the inputs of a system, corrupted as the system sees them."""

    def __init__(self, baseline: Baseline, system: System) -> None:
        self.baseline, self.system = baseline, system

    @cached_property
    def fitted(self) -> Baseline:
        if self.baseline.restores:
            self.baseline.tune(self.pairs())
        else:
            self.baseline.fit(self.system.dataset, self.system.model.latent.dim)
        return self.baseline

    def pairs(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(x, x̃) [c, h, w] of some that are not scored in the end: validation photos, or training rows."""
        dataset, rows = self.system.dataset, self.baseline.rows
        with at_rest(self.system):
            if dataset.has_photos and rows is None:
                some = photo_inputs(self.system, "val" if "val" in dataset.splits else "train", PHOTOS)
            else:
                every = slice(None, None, stride(len(dataset.splits["train"]), rows or ROWS))
                some = inputs(self.system, "train", every)
            for trace in some:
                for x, x_tilde in zip(trace.x, trace.x_tilde, strict=True):
                    yield array(middle(x)), array(middle(x_tilde))

    def traces(self, split: str, limit: int | None = None, in_use: bool = False) -> Iterator[Trace]:
        """Traces with z, unless the method is a mere map, and, where there are, its density and x_hat."""
        for trace in self.inputs(split, limit, in_use):
            if self.baseline.restores:
                trace["x_hat"] = self.restored(trace.x_tilde)
            elif self.baseline.scored:
                z = self.fitted.encode(flat(trace.x_tilde))
                x_hat = self.fitted.decode(z)
                trace["z"] = tensor(z).to(trace.x.device)
                if self.fitted.prior is not None:
                    trace["prior"] = self.fitted.prior
                if x_hat is not None:
                    trace["x_hat"] = tensor(x_hat).view_as(trace.x).to(trace.x.device)
            yield trace

    def restored(self, x_tilde: Tensor) -> Tensor:
        """[b, c, h, w] -> [b, c, h, w]"""
        found = [self.fitted.restore(array(one)) for one in x_tilde]
        return torch.stack([tensor(one) for one in found]).to(x_tilde.device)

    def photos(self, split: str, n: int | None = None) -> Iterator[Trace]:
        """Of whole photos x and, where the method rebuilds, x_hat; of patches by tiles."""
        shape = self.system.dataset.shape

        def passed(tiles: Trace) -> Tensor:
            x_hat = self.fitted.decode(self.fitted.encode(flat(tiles.x_tilde)))
            assert x_hat is not None
            return tensor(x_hat).view(-1, *shape).to(tiles.x_tilde.device)

        with at_rest(self.system):
            for trace in photo_inputs(self.system, split, n):
                x_hat = (
                    self.restored(trace.x_tilde)
                    if self.baseline.restores
                    else restored(self.system, trace, passed=passed)
                )
                yield Trace(x=trace.x, x_hat=x_hat)

    def inputs(self, split: str, limit: int | None = None, in_use: bool = False) -> Iterator[Trace]:
        """What the encoder of the system would be given."""
        with at_rest(self.system):
            yield from inputs(self.system, split, limit, in_use)

    def scores(self, splits: list[str]) -> dict[str, float]:
        """`<split>/<metric>` by the run's own metrics, as far as they find what they read."""
        if not self.baseline.scored:
            return {}
        entries = tuple(next(self.traces("train", 2)))
        learn(self.system.metrics, self.traces, entries)
        return {
            f"{split}/{name}": value
            for split in splits
            for name, value in measure(self.system.metrics, self.traces, self.photos, entries, split).items()
        }

    def side(self) -> Side:
        # a map takes long, and several figures may show it
        sample = self.sample if self.baseline.draws else None
        return Side(self.trace, cache(self.codes), self.baseline.places, sample, self.first_photos)

    def first_photos(self, split: str, n: int) -> list[Trace]:
        """On the CPU; none of a method that rebuilds nothing."""
        if not self.baseline.scored or "x_hat" not in self.trace("train", 1):
            return []
        return [Trace({name: entry.cpu() for name, entry in one.items()}) for one in self.photos(split, n)]

    def sample(self, n: int) -> Tensor:
        """New rows [n, *shape] in model units."""
        return tensor(self.fitted.sample(n)).view(n, *self.system.dataset.shape)

    def trace(self, split: str, n: int) -> Trace:
        """The first n rows of a split, on the CPU."""
        parts = list(self.traces(split, n))
        tensors = [name for name, entry in parts[0].items() if isinstance(entry, Tensor)]
        return Trace({name: torch.cat([part[name].cpu() for part in parts]) for name in tensors})

    def codes(self, split: str) -> tuple[Tensor, Tensor | None]:
        """(z [n, d], y [n] or None) of a split, uncorrupted; evenly thinned where a map takes no more."""
        step = stride(len(self.system.dataset.splits[split]), self.baseline.most)
        zs, ys, first = [], [], 0
        for trace in self.inputs(split, in_use=True):
            kept = slice(-first % step, None, step)
            x = flat(trace.x_tilde[kept])
            zs.append(x if self.baseline.most else self.fitted.encode(x))
            ys += [trace["y"][kept].cpu()] if "y" in trace else []
            first += len(trace.x)
        z = np.concatenate(zs)
        return tensor(self.fitted.encode(z) if self.baseline.most else z), torch.cat(ys) if ys else None


def flat(x: Tensor) -> np.ndarray:
    """[n, *shape] -> [n, features]"""
    return x.flatten(1).cpu().numpy()


def array(x: Tensor) -> np.ndarray:
    return x.float().cpu().numpy()


def middle(x: Tensor) -> Tensor:
    """At most SIDE of each side of an image [c, h, w]."""
    h, w = ((side - min(side, SIDE)) // 2 for side in x.shape[-2:])
    return x[:, h : h + SIDE, w : w + SIDE]


def tensor(z: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(z, np.float32))
