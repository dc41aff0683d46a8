"""The training rows of a stage, minibatch by minibatch, in an order that the seed fixes."""

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor

from aelab.plan import Plan
from aelab.system import System

GATHER = 8 << 20
"""Bytes of model input that are taken from the data set at once."""

Minibatch = tuple[Tensor, Tensor | None, Tensor | None]
"""(x [b, *shape], y [b], index [b]); y and index where somebody reads them."""


class Minibatches:
    """The minibatches of a plan; many are gathered at once, since a gather costs as much as a layer.

    seed: of the order, shuffled anew in every epoch; None keeps the rows as they are.
    rank, world_size: of this process; each takes its share of the rows.
    """

    def __init__(
        self, system: System, plan: Plan, seed: int | None, rank: int = 0, world_size: int = 1
    ) -> None:
        self.system, self.plan, self.seed = system, plan, seed
        self.rank, self.world_size = rank, world_size
        self.reads, self.dtype, self.device = system.reads, system.dtype, system.device
        self.at_once = max(1, GATHER // (4 * plan.batch_size * prod(system.dataset.shape)))
        self.shuffled: tuple[int, Tensor] | None = None  # the order of one epoch, on the device

    @property
    def chances(self) -> Tensor | None:
        """Of the rows, as a player wants them drawn."""
        found = (player.chances() for player in self.system.objective.players.values())
        return next((chances for chances in found if chances is not None), None)

    def order(self, epoch: int) -> Tensor:
        """This process's rows in the order of this epoch, on the device."""
        if self.shuffled is None or self.shuffled[0] != epoch:
            rows = self.system.dataset.splits["train"]
            if self.seed is not None:
                generator = torch.Generator().manual_seed(self.seed + epoch)
                rows = rows[drawn(len(rows), self.chances, generator)]
            mine = rows[self.rank :: self.world_size][: self.plan.rows]
            self.shuffled = epoch, mine.to(self.device)
        return self.shuffled[1]

    def __call__(self, start: int, stop: int) -> Iterator[Minibatch]:
        """Those at the positions [start, stop), which may span epochs."""
        b, n = self.plan.batch_size, self.plan.epoch
        while start < stop:
            epoch, first = divmod(start, n)
            last = min(first + self.at_once, n, first + stop - start)
            rows = self.order(epoch)[first * b : last * b]
            x, y = self.system.dataset.gather(rows)
            none = [None] * (last - first)
            ys = y.split(b) if y is not None and "y" in self.reads else none
            indices = rows.split(b) if "index" in self.reads else none
            yield from zip(x.to(self.dtype).split(b), ys, indices, strict=True)
            start += last - first


def drawn(n: int, chances: Tensor | None, generator: torch.Generator) -> Tensor:
    """Places [n] among n rows: each once, or as often as its chance has it."""
    if chances is None:
        return torch.randperm(n, generator=generator)
    return torch.multinomial(chances.cpu(), n, replacement=True, generator=generator)
