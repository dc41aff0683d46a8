"""What a user says of rows that a run is given, their class or attributes, and the condition of its model."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from aelab.attributes import Attributes, whole
from aelab.dataset.classes import number
from aelab.errors import UserError
from aelab.model.condition.given import by_attributes, by_label
from aelab.system import System

Label = int | str | Sequence[int | str] | None
"""One class for all rows, by its number or its name, or one for each row; None where the run takes none."""


def condition(system: System, label: Label, n: int, attributes: Attributes = None) -> Tensor | None:
    """c [n, k] of what is said; None for a model without a condition."""
    entries, own = said(system, label, n, attributes), system.model.condition
    if not entries and own is not None:
        raise UserError(
            f"run: is conditioned on {', '.join(own.reads)}, which codes alone do not give; "
            "aelab draw run=DIR 'figure=[completions]' shows draws given test rows"
        )
    return None if own is None else own(**entries)


def said(system: System, label: Label, n: int, attributes: Attributes = None) -> dict[str, Tensor]:
    """What a user says of n rows, by its names in the Trace; nothing for a model without a condition."""
    y, named = labels(system, label, n), by_attributes(system.model)
    if attributes is None and named:
        raise UserError("attributes: this run is conditioned on them; give all of them by name")
    if attributes is not None and not named:
        raise UserError(f"attributes: takes null, for this run is not conditioned on them; got {attributes}")
    if attributes is not None:
        return {"attributes": whole(attributes, system.dataset, n)}
    return {} if y is None else {"y": y}


def labels(system: System, label: Label, n: int) -> Tensor | None:
    """y [n]; None for a model that is not conditioned on the label."""
    if not by_label(system.model):
        if label is not None:
            raise UserError(f"label: takes null, for this run is not conditioned on it; got '{label}'")
        return None
    if label is None:
        raise UserError("label: this run is conditioned on it; give one for all rows or one for each")
    every = [label] * n if np.ndim(label) == 0 else list(label)  # type: ignore[arg-type]
    if len(every) != n:
        raise UserError(f"label: takes one, or one for each of {n} rows; got {len(every)}")
    return torch.tensor([number(system.dataset, one) for one in every])  # type: ignore[arg-type]
