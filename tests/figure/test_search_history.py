"""A search's picture has its trials, in their order, and the best of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from aelab.figure.figure import Sweep
from aelab.figure.search_history import SearchHistory
from aelab.records import Record

VALUES = {0: 3.0, 2: 1.0, 10: 2.0, 11: 0.5}
ONE = {"objectives": ["val/mse"], "directions": ["minimize"]}
TWO = {"objectives": ["val/mse", "val/elbo"], "directions": ["minimize", "maximize"]}


def trials(values: dict[int, float] | dict[int, tuple[float, float]]) -> list[Record]:
    found = []
    for number, value in values.items():
        named = dict(zip(TWO["objectives"], np.atleast_1d(value).tolist(), strict=False))
        found.append(Record(Path(f"{number}-lr=0.1"), "completed", numbers=named))
    return found


def points(axes: Axes, label: str) -> list[tuple[float, float]]:
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return [tuple(point) for point in np.asarray(line.get_xydata()).tolist()]


@pytest.mark.parametrize(("direction", "best"), [("minimize", [3, 1, 1, 0.5]), ("maximize", [3, 3, 3, 3])])
def test_trials_stand_at_their_numbers_and_the_best_never_gets_worse(
    direction: str, best: list[float], painted: Callable[[Any], Any]
) -> None:
    told = {"objectives": ["val/mse"], "directions": [direction]}
    (axes,) = painted(SearchHistory().compare(Sweep(trials(VALUES)[::-1], "net", told))).axes
    assert points(axes, "a trial") == list(VALUES.items())
    assert points(axes, "the best so far") == list(zip(VALUES, best, strict=True))
    assert axes.get_ylabel().startswith("val/mse, ") and axes.get_xlabel() == "trial"


def test_of_two_objectives_it_joins_what_nothing_is_better_than(painted: Callable[[Any], Any]) -> None:
    values = {0: (3.0, -5.0), 1: (1.0, -9.0), 2: (2.0, -6.0), 3: (2.5, -7.0)}  # the last is beaten by 2
    (axes,) = painted(SearchHistory().compare(Sweep(trials(values), "net", TWO))).axes
    assert points(axes, "no other is better in both") == [(1, -9), (2, -6), (3, -5)]
    assert len(points(axes, "a trial")) == 4


def test_says_why_it_shows_nothing() -> None:
    figure = SearchHistory()
    assert figure.compare(Sweep(trials(VALUES))) is None
    assert figure.reason == "draws the trials of a search; hydra/sweeper=optuna makes one"
    assert figure.compare(Sweep([Record(Path("0-a"))], "", ONE)) is None
    assert figure.reason == "no trial of this search has reported val/mse yet"
