"""Schedules: closed forms, end points, and the clock that puts numbers in their place."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from aelab.schedule import Clock, Cosine, Exponential, Linear, Schedule, numbers, settle

PROGRESS = np.linspace(0, 1, 11)


def fraction(over: float) -> np.ndarray:
    """Progress through the part of the stage that the schedule takes."""
    return np.clip(PROGRESS / over, 0, 1)


@pytest.mark.parametrize("over", [1.0, 0.5, 0.05])
@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 0), (5e-4, 2.5), (-2, 3), (4, 4)])
def test_linear_interpolates(start: float, end: float, over: float) -> None:
    expected = np.interp(PROGRESS, [0, over, 1], [start, end, end])
    assert [Linear(start, end, over)(p) for p in PROGRESS] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("over", [1.0, 0.3])
@pytest.mark.parametrize(("start", "end"), [(0, 1), (1e-3, 0), (-1, 1)])
def test_cosine_is_pytorchs_annealing(start: float, end: float, over: float) -> None:
    steps = 20
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    optimizer.param_groups[0]["lr"] = optimizer.param_groups[0]["initial_lr"] = start
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=end)
    schedule = Cosine(start, end, over)
    for step in range(steps + 1):
        expected = optimizer.param_groups[0]["lr"]
        assert schedule(over * step / steps) == pytest.approx(expected, rel=1e-6, abs=1e-9)
        optimizer.step()
        annealing.step()
    assert schedule(1.0) == pytest.approx(end)


@pytest.mark.parametrize("over", [1.0, 0.25])
@pytest.mark.parametrize(("start", "end"), [(1e-2, 1e-5), (1, 1000), (-1, -8), (3, 3)])
def test_exponential_is_linear_in_the_logarithm(start: float, end: float, over: float) -> None:
    sign = np.sign(start)
    expected = sign * np.exp(np.log(abs(start)) + fraction(over) * (np.log(abs(end)) - np.log(abs(start))))
    assert [Exponential(start, end, over)(p) for p in PROGRESS] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("kind", [Linear, Cosine, Exponential])
@pytest.mark.parametrize("over", [1.0, 0.4])
def test_begins_at_start_and_stays_at_end(kind: type[Schedule], over: float) -> None:
    schedule = kind(0.25, 4.0, over)
    assert schedule(0.0) == 0.25
    assert schedule(over) == schedule((1 + over) / 2) == schedule(1.0) == pytest.approx(4.0)
    assert 0.25 < schedule(over / 2) < 4.0


@pytest.mark.parametrize("kind", [Linear, Cosine, Exponential])
@pytest.mark.parametrize("over", [0, -0.5, 1.5])
def test_over_is_a_fraction(kind: type[Schedule], over: float) -> None:
    with pytest.raises(ValueError) as caught:
        kind(1.0, 2.0, over)
    assert str(caught.value) == f"over must lie in (0, 1], got {over}"


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 0), (-1, 1)])
def test_exponential_needs_one_sign(start: float, end: float) -> None:
    with pytest.raises(ValueError) as caught:
        Exponential(start, end)
    assert str(caught.value) == f"start and end must have one sign, got {start} and {end}"


def test_numbers_are_the_ends_of_a_schedule_or_the_number() -> None:
    assert tuple(numbers(0.5)) == (0.5,)
    assert tuple(numbers(Cosine(0.1, 0.9, 0.5))) == (0.1, 0.9)


class Knob(nn.Module):
    def __init__(self, strength: Any, inner: nn.Module | None = None) -> None:
        super().__init__()
        self.strength, self.fixed, self.inner = strength, 7, inner


def test_a_clock_sets_the_scheduled_attributes_of_modules_and_of_all_inside_them() -> None:
    inner, other = Knob(Linear(10, 20)), Knob(Exponential(1, 16, over=0.5))
    outer = Knob(0.3, nn.Sequential(nn.ReLU(), inner))
    clock = Clock(outer, other)
    assert (outer.strength, inner.strength, other.strength) == (0.3, 10, 1)  # at once
    clock.set(0.25)
    assert (inner.strength, other.strength) == (12.5, pytest.approx(4))
    clock.set(1.0)
    assert (outer.strength, inner.strength, other.strength) == (0.3, 20, pytest.approx(16))
    clock.set(0.0)  # and back
    assert (inner.strength, other.strength) == (10, 1)
    assert outer.fixed == inner.fixed == 7 and len(clock.attributes) == 2


def test_a_clock_leaves_numbers_alone() -> None:
    clock = Clock(Knob(0.3, Knob(1)))
    clock.set(0.5)
    assert clock.attributes == []


def test_a_clock_sets_the_numbers_of_an_optimizers_groups() -> None:
    weights = [nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))]
    groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.0)
    optimizer.param_groups[0]["lr"] = Linear(1.0, 0.0)
    clock = Clock()
    clock.watch(*optimizer.param_groups)
    for progress, lr in ((0.0, 1.0), (0.75, 0.25), (1.0, 0.0)):
        clock.set(progress)
        assert [group["lr"] for group in optimizer.param_groups] == [lr, 0.5]
        for weight in weights:
            weight.data.fill_(1.0)
            weight.grad = torch.ones(1)
        optimizer.step()  # what the optimizer itself makes of it
        assert [weight.item() for weight in weights] == [1 - lr, 0.5]


class Scheduled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.k: Any = Linear(100, 25, 0.5)


def test_every_stage_has_a_clock_of_its_own_over_the_same_schedule() -> None:
    module = Scheduled()
    Clock(module).set(1.0)
    assert module.k == 25
    later = Clock(module)
    assert module.k == 100
    later.set(0.25)
    assert module.k == 62.5


def test_what_is_settled_no_clock_moves() -> None:
    untouched, trained = Scheduled(), Scheduled()
    Clock(trained).set(0.1)
    for module in (untouched, trained):
        settle(module)
        assert module.k == 25
        Clock(module).set(0.0)
        assert module.k == 25
