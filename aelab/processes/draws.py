"""Draws for a minibatch that processes share: each takes its rows of what one process would draw for all."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

SIZED = {torch.rand, torch.randn, torch.randint}
"""Of a size that is given."""

IN_PLACE = {Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_}
DROPOUT = {F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout}
ALIKE = {torch.rand_like, torch.randn_like, torch.bernoulli, *IN_PLACE, *DROPOUT}
"""Of the size of a tensor, the first argument."""


class OwnRows(TorchFunctionMode):
    """Meanwhile draws of [b, ...] or [k, b, *shape] are the rows r, r + w, ... of draws of b·w rows.

    All processes draw by one seed, so that together they have what one process would draw. What has another
    number of rows is drawn as ever, and is the same in all of them.

    rows: b.
    """

    def __init__(self, rank: int, world_size: int, rows: int) -> None:
        super().__init__()
        self.rank, self.world_size, self.rows = rank, world_size, rows

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in SIZED:
            size, others = sized(args, kwargs)
            if (dim := self.dim(size)) is not None:
                return self.own(func(*others, **kwargs | {"size": self.whole(size, dim)}), dim)
        elif func in ALIKE and (dim := self.dim(args[0].shape)) is not None:
            x, *others = args
            everything = x.new_zeros(self.whole(x.shape, dim))
            self.own(everything, dim).copy_(x)
            drawn = self.own(func(everything, *others, **kwargs), dim)
            return x.copy_(drawn) if func in IN_PLACE else drawn
        return func(*args, **kwargs)

    def dim(self, size: Sequence[int]) -> int | None:
        """Along which the rows are."""
        if len(size) > 0 and size[0] == self.rows:
            return 0
        return 1 if len(size) > 2 and size[1] == self.rows else None

    def whole(self, size: Sequence[int], dim: int) -> tuple[int, ...]:
        """That of all processes' rows."""
        return (*size[:dim], size[dim] * self.world_size, *size[dim + 1 :])

    def own(self, x: Tensor, dim: int) -> Tensor:
        """This process's rows."""
        return x[(slice(None),) * dim + (slice(self.rank, None, self.world_size),)]


def sized(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The size, and the arguments before it: of rand(4, 2), rand((4, 2)), randint(9, (4,))."""
    if "size" in kwargs:
        return tuple(kwargs["size"]), args
    if args and not isinstance(args[-1], int):
        return tuple(args[-1]), args[:-1]
    return args, ()
