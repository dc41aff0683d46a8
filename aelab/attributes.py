"""Attributes by their names, as a user gives them and as a figure moves them."""

from collections.abc import Mapping

import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError, suggest

Attributes = Mapping[str, float] | Tensor | None
"""Some by name, the same for all rows, or all of them for each, [n, k]; None where the run takes none."""


def unknown(names: list[str], dataset: Dataset) -> list[str]:
    """What is wrong with these names, a phrase each."""
    known = dataset.rows.attribute_names or []
    listed = f"; there are {', '.join(known)}" if known else "; this data has none"
    return [f"no attribute '{name}'{suggest(name, known) or listed}" for name in names if name not in known]


def changed(attributes: Tensor, dataset: Dataset, name: str, value: float | Tensor) -> Tensor:
    """[n, k] with one attribute set to a value, [] or [n].

    Classes exclude each other: the others share what is left to 1, in the proportion that they had.
    """
    names, classes = dataset.rows.attribute_names or [], dataset.rows.classes or []
    moved, i = attributes.clone(), names.index(name)
    moved[:, i] = value
    others = [names.index(other) for other in classes if other in names and other != name]
    if name in classes and others:
        had = attributes[:, others]
        total = had.sum(1, keepdim=True)
        share = torch.where(total > 0, had / total.clamp_min(1e-12), 1 / len(others))
        moved[:, others] = (1 - moved[:, i : i + 1]) * share
    return moved


def filled(given: Mapping[str, float], dataset: Dataset, n: int) -> Tensor:
    """[n, k]: those of the final split's rows in turn, but for what is given by name."""
    check(given, dataset)
    rows = dataset.splits[dataset.final]
    found = dataset.beside(rows[torch.arange(n) % len(rows)])["attributes"]
    for name, value in given.items():
        found = changed(found, dataset, name, value)
    for name, value in given.items():  # of several classes each as it was given
        found[:, (dataset.rows.attribute_names or []).index(name)] = value
    return found


def whole(given: Mapping[str, float] | Tensor, dataset: Dataset, n: int) -> Tensor:
    """[n, k]: all of them, the same for every row by name, or row by row."""
    names = dataset.rows.attribute_names or []
    if isinstance(given, Tensor):
        if given.shape != (n, len(names)):
            raise UserError(f"attributes: takes {[n, len(names)]} numbers, got {list(given.shape)}")
        return given.float()
    check(given, dataset)
    if lacking := [name for name in names if name not in given]:
        raise UserError(f"attributes: takes all of them here, and {', '.join(lacking)} must still be given")
    return torch.tensor([[float(given[name]) for name in names]]).expand(n, -1)


def check(given: Mapping[str, float], dataset: Dataset) -> None:
    """Raise UserError where a name is unknown or a number is none."""
    if not isinstance(given, Mapping):
        raise UserError(f"attributes: takes numbers by name, for example {{red: 1}}, got {given!r}")
    wrong = [f"attributes: {line}" for line in unknown(list(map(str, given)), dataset)]
    for name, value in given.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= 1:
            wrong.append(f"attributes.{name}: takes a number from 0 to 1, got {value!r}")
    if wrong:
        raise UserError(*wrong)
