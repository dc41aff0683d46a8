"""Which rows train, validate and test: drawn once, the same for every run."""

import torch
from torch import Tensor

from aelab.dataset.rows import Rows


def standard(rows: Rows, val_fraction: float, test_fraction: float, seed: int) -> dict[str, Tensor]:
    """The source's own splits where it has them, else fractions of the rows; an empty one is left out.

    What was drawn stands in a drawn order, so that pictures of the first rows show some of every kind where
    the source is sorted.
    """
    n, generator = len(rows.x), torch.Generator().manual_seed(seed)
    if rows.test is None:
        rest, test = hold_out(torch.arange(n), test_fraction, rows.y, seed)
        test = test[torch.randperm(len(test), generator=generator)]
    else:
        rest, test = torch.arange(rows.test), torch.arange(rows.test, n)
    if rows.val is None:
        train, val = hold_out(rest, val_fraction, rows.y, seed)
        val = val[torch.randperm(len(val), generator=generator)]
    else:
        train, val = rest[rest < rows.val], rest[rest >= rows.val]
    return {name: part for name, part in (("train", train), ("val", val), ("test", test)) if len(part)}


def hold_out(rows: Tensor, fraction: float, y: Tensor | None, seed: int) -> tuple[Tensor, Tensor]:
    """(kept, held out): every k-th row of a shuffle that is sorted by label, hence stratified."""
    n, m = len(rows), round(len(rows) * fraction)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    if y is not None:
        order = order[y[rows][order].sort(stable=True).indices]
    held = torch.zeros(n, dtype=torch.bool)
    held[order[(2 * torch.arange(m) + 1) * n // (2 * max(m, 1))]] = True
    return rows[~held], rows[held]


def some(rows: Tensor, limit: int | None, seed: int) -> Tensor:
    """At most `limit` of these rows, drawn once, in their order."""
    if limit is None or limit >= len(rows):
        return rows
    generator = torch.Generator().manual_seed(seed)
    return rows[torch.randperm(len(rows), generator=generator)[:limit].sort().values]
