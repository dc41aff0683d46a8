"""A data set: rows in memory as they are stored, split once, made float minibatch by minibatch."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from aelab.dataset import augment as augmentations
from aelab.dataset.scale import Scale, fixed
from aelab.errors import UserError


@dataclass
class Rows:
    """What a source gives: every row, in stored form."""

    x: Tensor  # [n, c, h, w] or [n, features]; uint8 or float32
    y: Tensor | None = None  # [n] int64
    classes: list[str] | None = None
    names: list[str] | None = None  # a file of each row
    test: int | None = None  # rows from here on are the source's own test split


class Dataset:
    """Train, validation and test rows over one tensor that lives once, on the training device.

    A subclass says in `read` what the rows are, and in `make_scale` how they become model input.

    root: folder of the files.
    batch_size: rows of a minibatch.
    limit: at most this many rows of each split.
    split: `standard`, or `all`: trained and scored on every row.
    val_fraction, test_fraction: of the rows, where the source has no such split of its own.
    split_seed: draws the split, apart from the run's seed, so that seeds compare on the same rows.
    binarize: `static` draws every pixel once, Bernoulli(x); `dynamic` anew in every minibatch.
    augment: any of flip, shift; of the training rows only.
    """

    def __init__(
        self,
        root: str = "data",
        batch_size: int = 64,
        limit: int | None = None,
        split: Literal["standard", "all"] = "standard",
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        split_seed: int = 0,
        binarize: Literal["none", "static", "dynamic"] = "none",
        augment: list[Literal["flip", "shift"]] | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, or null for all rows, got {limit}")
        for name, fraction in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
            if not 0 <= fraction < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {fraction}")
        self.root, self.batch_size, self.limit, self.split = root, batch_size, limit, split
        self.val_fraction, self.test_fraction, self.split_seed = val_fraction, test_fraction, split_seed
        self.binarize, self.augment = binarize, list(augment or [])
        self.rows: Rows
        self.splits: dict[str, Tensor] = {}  # name -> [n] row numbers
        self.scale: Scale

    def read(self) -> Rows:
        """All rows, from the files. Raises UserError, naming the setting, where they are missing or foreign."""
        raise NotImplementedError

    def make_scale(self, train: Tensor) -> Scale:
        """From stored to model units, from the training rows alone."""
        return fixed(0, 255)

    def setup(self) -> "Dataset":
        """Read, split and scale; nothing is read before."""
        self.rows = self.read()
        x = self.rows.x
        if x.is_floating_point() and not torch.isfinite(x).all():
            bad = (~torch.isfinite(x.flatten(1))).any(1).nonzero().flatten()
            raise UserError(f"dataset: {len(bad)} of {len(x)} rows hold NaN or infinity; the first is row {bad[0]}")
        self.splits = self.make_splits()
        # most data sets have a fixed scale: hand the rows over without a copy where the training rows come first
        self.scale = self.make_scale(x[self.splits["train"]] if x.is_floating_point() else x)
        if self.binarize != "none":
            self.check_binarize()
        if self.binarize == "static":
            generator = torch.Generator().manual_seed(self.split_seed)
            for start in range(0, len(x), 4096):  # in place, in pieces: the data lives once
                p = self.scale(x[start : start + 4096])
                drawn = torch.bernoulli(p, generator=generator)
                x[start : start + 4096] = self.scale.inverse(drawn).to(x.dtype)
        if self.augment and not self.is_image:
            raise UserError(f"dataset.augment: {self.augment} needs images; these rows are vectors {list(self.shape)}")
        return self

    def make_splits(self) -> dict[str, Tensor]:
        n, own = len(self.rows.x), self.rows.test
        if self.split == "all":
            every = torch.arange(n)[: self.limit]
            return {"train": every, "all": every}
        if own is None:
            rest, test = self.hold_out(torch.arange(n), self.test_fraction)
        else:
            rest, test = torch.arange(own), torch.arange(own, n)
        train, val = self.hold_out(rest, self.val_fraction)
        splits = {"train": train, "val": val, "test": test}
        splits = {name: rows[self.some(len(rows))] for name, rows in splits.items() if len(rows)}
        if "train" not in splits:
            raise UserError(f"dataset: {n} rows leave none to train on")
        return splits

    def some(self, n: int) -> Tensor:
        """At most `limit` of n positions, drawn once, in order."""
        if self.limit is None or self.limit >= n:
            return torch.arange(n)
        generator = torch.Generator().manual_seed(self.split_seed)
        return torch.randperm(n, generator=generator)[: self.limit].sort().values

    def hold_out(self, rows: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
        """(kept, held out): every k-th row of a shuffle that is sorted by label, hence stratified."""
        n, m = len(rows), round(len(rows) * fraction)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(self.split_seed))
        if self.rows.y is not None:
            order = order[self.rows.y[rows][order].sort(stable=True).indices]
        held = torch.zeros(n, dtype=torch.bool)
        held[order[(torch.arange(m) + 0.5).mul(n / max(m, 1)).long()]] = True
        return rows[~held], rows[held]

    def check_binarize(self) -> None:
        low, high = self.scale(self.rows.x[:1000]).aminmax()
        if low < 0 or high > 1:
            raise UserError(
                f"dataset.binarize: {self.binarize} needs data in [0, 1]; this lies in [{low:.3g}, {high:.3g}]"
            )

    def batch(self, rows: Tensor, train: bool = False) -> tuple[Tensor, Tensor | None]:
        """(x, y) of these row numbers, in model units; augmented if they train."""
        x = self.scale(self.rows.x[rows])  # [b, *shape]
        y = None if self.rows.y is None else self.rows.y[rows]
        return (self.draw(x, train) if self.is_random(train) else x), y

    def is_random(self, train: bool) -> bool:
        """Whether the same rows may give another x the next time."""
        return self.binarize == "dynamic" or (train and bool(self.augment))

    def draw(self, x: Tensor, train: bool) -> Tensor:
        """What is drawn anew for every minibatch, from the device's default generator."""
        for name in self.augment if train else ():
            x = getattr(augmentations, name)(x)
        return torch.bernoulli(x) if self.binarize == "dynamic" else x

    def to(self, device: torch.device) -> "Dataset":
        """Move the rows there, once."""
        if self.rows.x.device != device:
            self.rows.x = self.rows.x.to(device)
            self.rows.y = None if self.rows.y is None else self.rows.y.to(device)
            self.scale = self.scale.to(device)
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """[c, h, w] of an image, [features] of a vector."""
        return tuple(self.rows.x.shape[1:])

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 3

    @property
    def final(self) -> str:
        """The split that a run is scored on in the end."""
        return "all" if self.split == "all" else "test" if "test" in self.splits else "train"

    @property
    def is_unit(self) -> bool:
        """Whether model input lies in [0, 1], as a Bernoulli likelihood needs."""
        low, high = self.rows.x.aminmax()
        ends = self.scale(torch.stack([low, high]).reshape(2, *[1] * len(self.shape)).expand(2, *self.shape))
        return bool(ends.min() >= 0 and ends.max() <= 1)
