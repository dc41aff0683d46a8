"""How long a stage trains and where it pauses: everything counted in minibatches."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aelab.processes.group import from_first

VISIT = 250
"""Minibatches between two pauses (validation, logs, checkpoints) where epochs are shorter than that."""


@dataclass(frozen=True)
class Plan:
    """The stage's minibatches, numbered from 0 by their position, epoch after epoch.

    epoch: minibatches of one epoch.
    total: minibatches of the stage.
    visit: minibatches from one pause to the next; Lightning's loop sees a visit as one epoch.
    batch_size: rows of a minibatch on each device.
    rows: rows of an epoch on each device.
    accumulate: minibatches whose gradients are added up before a step of the optimizer.
    """

    epoch: int
    total: int
    visit: int
    batch_size: int
    rows: int
    accumulate: int = 1

    @property
    def epochs(self) -> int:
        return -(-self.total // max(self.epoch, 1))

    def pause(self, position: int) -> int:
        """The position of the next pause after this one."""
        return min(self.total, (position // self.visit + 1) * self.visit)

    def is_pause(self, position: int) -> bool:
        """Whether a visit ends after so many minibatches."""
        return position % self.visit == 0 or position == self.total

    def ends_step(self, position: int) -> bool:
        """Whether the optimizer steps after so many minibatches; an epoch's last step may take fewer."""
        return position % self.epoch % self.accumulate == 0 or position == self.total

    def size(self, position: int) -> int:
        """Rows of one minibatch: the last of an epoch may be smaller."""
        return min(self.batch_size, self.rows - position % self.epoch * self.batch_size)


def plan(rows: int, batch_size: int, trainer: Mapping[str, Any], world_size: int = 1) -> Plan:
    """The plan of a stage over so many training rows, from Lightning's own Trainer settings.

    limit_train_batches, overfit_batches and fast_dev_run are taken in minibatches (a float is a fraction
    of the epoch), max_steps too; check_val_every_n_epoch fixes the pauses, and null leaves them to VISIT.
    """
    own = rows // world_size if world_size > 1 else rows
    whole = -(-own // batch_size)
    epoch = whole
    for name, off in (("limit_train_batches", None), ("overfit_batches", 0)):
        limit = trainer.get(name)
        if limit is not None and limit != off:
            epoch = min(epoch, count(limit, whole))
    total, quick = math.inf, int(trainer.get("fast_dev_run") or 0)
    if (epochs := trainer.get("max_epochs")) is not None and epochs >= 0:
        total = epochs * epoch
    if (steps := trainer.get("max_steps")) is not None and steps >= 0:
        total = min(total, steps)
    if quick:
        epoch = min(epoch, quick)
        total = epoch
    if math.isinf(total):
        raise ValueError("trainer.max_epochs and trainer.max_steps are both unlimited; set one of them")
    accumulate = 1 if (given := trainer.get("accumulate_grad_batches")) is None else given
    if accumulate < 1:  # which would divide the gradients by it, and climb
        raise ValueError(f"trainer.accumulate_grad_batches must be at least 1, or null, got {accumulate}")
    every = trainer.get("check_val_every_n_epoch") or -(-VISIT // max(epoch, 1))
    return Plan(
        epoch, int(total), max(epoch, 1) * every, batch_size, min(own, epoch * batch_size), accumulate
    )


def count(limit: float | int, of: int) -> int:
    """Lightning's rule: a float is a fraction, an int a number of minibatches."""
    return max(1, int(limit * of)) if isinstance(limit, float) and limit else int(limit)


class Chunks:
    """Gives Lightning, visit by visit, ranges [start, stop) of minibatches that one step takes at once.

    How many they are changes only how often Lightning is asked, never the result.

    intervals: a chunk ends at the multiples of these.
    stops: positions, each the end of an epoch, where a callback wants to look: a chunk ends there, too.
    """

    def __init__(self, plan: Plan, position: "Position", intervals: Sequence[int] = ()) -> None:
        self.plan, self.position, self.intervals, self.size = plan, position, intervals, 8
        self.stops: set[int] = set()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        start = self.position.value
        end = self.plan.pause(start)
        while start < end:
            places = (
                *(place for place in self.stops if place > start),
                *((start // interval + 1) * interval for interval in self.intervals),
            )
            stop = min(end, start + self.size, *places)
            while not self.plan.ends_step(stop):  # gradients half added up are not in a checkpoint
                stop += 1
            stop = from_first(stop)  # others of the run may take longer, or have nothing to look at
            yield start, stop
            start = stop

    def adapt(self, minibatches: int, seconds: float, target: float = 0.25) -> None:
        """Make the next chunks about `target` seconds long."""
        wanted = minibatches * target / max(seconds, 1e-9)
        self.size = int(min(max(1, wanted), 4 * self.size, 10_000))


@dataclass
class Position:
    """Minibatches done so far in this stage."""

    value: int = 0
