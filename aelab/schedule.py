"""Settings that change along a stage: wherever a number stands, a schedule may stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi

from torch import nn


@dataclass
class Schedule:
    """A number as a function of progress in [0, 1]; `over` is the fraction of the stage until `end`."""

    start: float
    end: float
    over: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.over <= 1:
            raise ValueError(f"over must lie in (0, 1], got {self.over}")

    def __call__(self, progress: float) -> float:
        return self.start + (self.end - self.start) * self.shape(min(progress / self.over, 1.0))

    def shape(self, t: float) -> float:
        """From 0 at t = 0 to 1 at t = 1."""
        raise NotImplementedError


class Linear(Schedule):
    """start + (end − start)·t"""

    def shape(self, t: float) -> float:
        return t


class Cosine(Schedule):
    """start + (end − start)·(1 − cos πt)/2     [Loshchilov & Hutter 2017, eq. 5, one period]"""

    def shape(self, t: float) -> float:
        return (1 - cos(pi * t)) / 2


class Exponential(Schedule):
    """start·(end/start)^t"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start * self.end <= 0:
            raise ValueError(f"start and end must have one sign, got {self.start} and {self.end}")

    def __call__(self, progress: float) -> float:
        return self.start * (self.end / self.start) ** min(progress / self.over, 1.0)


class Clock:
    """Sets every scheduled attribute of some objects to its value at a given progress.

    An object is written with a plain number, `self.weight`; the clock finds the attributes that hold
    a schedule and keeps the number there. Objects: modules (with all inside them) and the dicts of an
    optimizer's parameter groups.
    """

    def __init__(self, *roots: nn.Module) -> None:
        self.attributes: list[tuple[dict, str, Schedule]] = []
        for module in (module for root in roots for module in root.modules()):
            found = {key: value for key, value in vars(module).items() if isinstance(value, Schedule)}
            kept = vars(module).setdefault(KEPT, {})  # for the clock of another stage
            kept.update(found)
            self.attributes += [(vars(module), key, schedule) for key, schedule in kept.items()]
        self.set(0.0)

    def watch(self, *spaces: dict) -> None:
        """Take over the schedules that stand in these dicts."""
        found = [(space, key, v) for space in spaces for key, v in space.items() if isinstance(v, Schedule)]
        self.attributes += found

    def set(self, progress: float) -> None:
        for space, key, schedule in self.attributes:
            space[key] = schedule(progress)


KEPT = "_schedules"
"""Where a module keeps the schedules that a clock replaced by numbers."""


def settle(root: nn.Module) -> None:
    """Leave every scheduled attribute at its last value for good."""
    Clock(root).set(1.0)
    for module in root.modules():
        vars(module).pop(KEPT)


Number = float | Schedule
"""A setting that may be scheduled."""


def numbers(value: "Number") -> Iterable[float]:
    """The values between which a setting moves, to check its range."""
    return (value.start, value.end) if isinstance(value, Schedule) else (value,)
