"""A folder of the user's own photos."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.images import Shape, decode, each, find, look, reason, unreadable
from aelab.dataset.mapped import Mapped
from aelab.dataset.rows import Rows
from aelab.errors import UserError, at_least

log = logging.getLogger(__name__)

SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Folders that are splits, by their names in lower case."""


class ImageFolder(Dataset):
    """Images in one folder, in a folder for each class, or in `train` and `test` with the one or the other.

    Folders `train`, `test` and perhaps `val` are the official split; without `test` it is `val` that tests.

    size: side of a square, or [h, w]; null as they are, if all are alike.
    channels: 1 or 3; null 3 if any has colour.
    skip_unreadable: leave out, with a warning, what cannot be read.
    memory: GiB; more than this is decoded into a file in the user's cache folder and mapped from there.
    """

    def __init__(
        self,
        size: int | list[int] | None,
        channels: Literal[1, 3] | None,
        skip_unreadable: bool,
        memory: float,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        at_least(memory=(memory, 0))
        h, w = size if isinstance(size, Sequence) and len(size) == 2 else (size, size)
        if size is not None and not (isinstance(h, int) and isinstance(w, int) and h > 0 and w > 0):
            raise ValueError(f"size must be one side or [height, width], at least 1, got {size}")
        self.sides = (h, w) if isinstance(h, int) and isinstance(w, int) else None
        self.channels, self.skip_unreadable, self.memory = channels, skip_unreadable, memory

    def read(self) -> Rows:
        root = Path(self.root)
        splits = official(root, find(root, "dataset.root"))
        x, wrong, mapped = self.pixels(root, list(splits))
        if wrong:
            said = f"dataset.root: {unreadable(wrong, len(splits))}"
            if not self.skip_unreadable or not len(x):
                raise UserError(f"{said}; dataset.skip_unreadable=true leaves them out")
            log.warning("%s; left out", said)
        names = [name for name in splits if name not in wrong]
        split = [splits[name] for name in names]
        test, val = (split.index(name) if name in split else None for name in ("test", "val"))
        y, classes = labels([name.partition("/")[2] if splits[name] else name for name in names])
        return Rows(x, y, classes, names, test, val, mapped=mapped)

    def pixels(self, root: Path, names: list[str]) -> tuple[Tensor, dict[str, str], bool]:
        """(x, name -> why of the unreadable, whether x is mapped from a file)."""
        budget = self.memory * 2**30
        cache = Mapped(root, names, [self.sides, self.channels])
        cached = cache.load()
        if cached is None or cached[0].nbytes <= budget:
            shape = self.common_shape(root, names)
            if len(names) * int(np.prod(shape)) <= budget:
                return *in_memory(root, names, shape), False
            cache.write(shape, len(names), partial(decode, root, names, shape))
            cached = cache.load()
        assert cached is not None
        return *cached, True

    def common_shape(self, root: Path, names: list[str]) -> Shape:
        if self.sides and self.channels:
            return self.channels, self.sides[0], self.sides[1]
        looks = list(zip(names, each(look, [root / name for name in names]), strict=True))
        shapes = {name: shape for name, shape in looks if not isinstance(shape, Exception)}
        if not shapes:
            wrong = {name: reason(error) for name, error in looks if isinstance(error, Exception)}
            raise UserError(f"dataset.root: {unreadable(wrong, len(names))}")
        channels = self.channels or max(c for c, _, _ in shapes.values())
        first = next(iter(shapes))
        _, h, w = shapes[first]
        other = next((name for name in shapes if shapes[name][1:] != (h, w)), None)
        if self.sides is None and other is not None:
            raise UserError(
                f"dataset.size: the images differ in size, {first} is [{h}, {w}] and {other} is "
                f"{list(shapes[other][1:])}; give one, for example dataset.size=64"
            )
        h, w = self.sides or (h, w)
        return channels, h, w


def official(root: Path, names: list[str]) -> dict[str, str]:
    """name -> `train`, `val` or `test`, in this order; the empty string where there are no such folders."""
    split = {name: SPLITS.get(name.partition("/")[0].lower(), "") if "/" in name else "" for name in names}
    there = set(split.values())
    if "train" not in there or len(there - {""}) == 1:
        return dict.fromkeys(names, "")
    if "" in there:
        odd = next(name for name in names if not split[name])
        raise UserError(
            f"dataset.root: '{root}' holds train and {max(there - {'train'})}, but {odd} is in neither"
        )
    if "test" not in there:
        split = {name: one.replace("val", "test") for name, one in split.items()}
    return dict(sorted(split.items(), key=lambda item: ("train", "val", "test").index(item[1])))


def labels(names: list[str]) -> tuple[Tensor | None, list[str] | None]:
    """(y, classes) by every name's first folder, −1 without one; nothing for fewer than two classes."""
    folders = [name.partition("/")[0] if "/" in name else None for name in names]
    classes = sorted({folder for folder in folders if folder is not None})
    if len(classes) < 2:
        return None, None
    number = {None: -1} | {name: i for i, name in enumerate(classes)}
    return torch.tensor([number[folder] for folder in folders]), classes


def in_memory(root: Path, names: list[str], shape: Shape) -> tuple[Tensor, dict[str, str]]:
    x = torch.empty(len(names), *shape, dtype=torch.uint8)
    places = iter(x.numpy())
    wrong = decode(root, names, shape, lambda image: np.copyto(next(places), image))
    return x[: len(names) - len(wrong)], wrong
