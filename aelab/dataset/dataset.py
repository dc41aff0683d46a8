"""A data set: rows in memory as they are stored, split once, made float minibatch by minibatch."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor

from aelab.dataset import augment as augmentations
from aelab.dataset.classes import number
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.dataset.split import some, standard
from aelab.errors import UserError, at_least


class Dataset:
    """Train, validation and test rows over one tensor that lives once, on the training device.

    A subclass says in `read` what the rows are, and in `make_scale` how they become model input.

    root: folder of the files.
    batch_size: rows of a minibatch.
    limit: at most this many rows of each split.
    retention: r, the share of the first class's rows that stay; all of the last class's do, and of class c
        r + (1 − r) c/(C − 1), drawn once: imbalanced data     [Xie et al. 2016, sec. 5.4]
    normal: a class by its number or name, or several: training and validation have their rows alone, and the
        test rows of other classes are anomalies.
    split: `standard`, or `all`: trained and scored on every row.
    val_fraction: of the training rows, where the source has no such split of its own.
    test_fraction: of all rows, where it has none.
    split_seed: draws the split, apart from the run's seed, so that seeds compare on the same rows.
    binarize: `static` draws every pixel once, Bernoulli(x); `dynamic` anew in every minibatch.
    augment: any of flip, rotate, shift; of the training rows only.
    centred: x less the training rows' mean, feature by feature. Units of a tied linear layer that point
        along the mean would otherwise win every row, and those that point away from it none.
    """

    def __init__(
        self,
        root: str = "data",
        batch_size: int = 64,
        limit: int | None = None,
        retention: float = 1.0,
        normal: int | str | list[int | str] | None = None,
        split: Literal["standard", "all"] = "standard",
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        split_seed: int = 0,
        binarize: Literal["none", "static", "dynamic"] = "none",
        augment: list[Literal["flip", "rotate", "shift"]] | None = None,
        centred: bool = False,
    ) -> None:
        at_least(batch_size=(batch_size, 1))
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, or null for all rows, got {limit}")
        if not 0 < retention <= 1:
            raise ValueError(f"retention must lie in (0, 1], got {retention:g}")
        for name, fraction in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
            if not 0 <= fraction < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {fraction}")
        self.root, self.batch_size, self.limit, self.split = root, batch_size, limit, split
        self.retention = retention
        self.normal = [normal] if isinstance(normal, int | str) else normal
        if self.normal is not None and (split == "all" or not self.normal):
            got = "split=all trains on every row" if self.normal else "got []"
            raise ValueError(f"normal must name the classes to train on, or be null; {got}")
        self.val_fraction, self.test_fraction, self.split_seed = val_fraction, test_fraction, split_seed
        self.binarize, self.augment = binarize, list(augment or [])
        self.centred = centred
        self.rows: Rows
        self.anomaly: Tensor | None = None  # [n] 1 where a row is of no normal class, −1 where of none at all
        self.splits: dict[str, Tensor] = {}  # name -> [n] row numbers
        self.scale: Scale
        self.device = torch.device("cpu")
        self.seen: tuple[Tensor, Tensor] | None = None  # training rows, their span

    def read(self) -> Rows:
        """All rows, from the files. Raises UserError, naming the setting, where they are missing or wrong."""
        raise NotImplementedError

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        """From stored to model units; what it learns, it learns from the rows numbered `train`."""
        return fixed(0, 255)

    def setup(self) -> "Dataset":
        """Read, split and scale; nothing is read before."""
        self.rows = self.read()
        x = self.rows.x
        if x.is_floating_point() and not torch.isfinite(x).all():
            bad = (~torch.isfinite(x.flatten(1))).any(1).nonzero().flatten()
            raise UserError(
                f"dataset: {len(bad)} of {len(x)} rows hold NaN or infinity; the first is row {bad[0]}"
            )
        self.anomaly = self.anomalies()
        self.splits = self.make_splits()
        self.scale = self.make_scale(x, self.splits["train"])
        if self.centred:
            self.scale = Scale(self.mean(), self.scale.factor)
        if self.augment and not self.is_image:
            raise UserError(
                f"dataset.augment: {self.augment} needs images; these rows are vectors {list(self.shape)}"
            )
        if "rotate" in self.augment and self.shape[-2] != self.shape[-1]:
            raise UserError(f"dataset.augment: rotate needs square images; these are {list(self.shape)}")
        if self.binarize != "none" and not self.is_unit:
            here = "this lies in [{:.3g}, {:.3g}]".format(*self.extremes())
            raise UserError(f"dataset.binarize: {self.binarize} needs data in [0, 1]; {here}")
        if self.binarize == "static":
            if self.rows.mapped:
                raise UserError("dataset.binarize: static needs the data in memory; use dynamic")
            self.binarize_once(x)
        return self

    def make_splits(self) -> dict[str, Tensor]:
        n, seed, stays = len(self.rows.x), self.split_seed, self.retained()
        if self.split == "all":
            every = some(torch.arange(n)[stays], self.limit, seed)
            return {"train": every, "all": every}
        splits = standard(self.rows, self.val_fraction, self.test_fraction, seed)
        if "train" not in splits:
            raise UserError(f"dataset: {n} rows leave none to train on")
        splits = {name: rows[stays[rows]] for name, rows in splits.items()}
        if self.anomaly is not None:
            normal = self.anomaly == 0
            splits |= {name: rows[normal[rows]] for name, rows in splits.items() if name != "test"}
            if not len(splits["train"]):
                raise UserError(f"dataset.normal: no training row is of {self.normal}")
            splits = {name: rows for name, rows in splits.items() if len(rows)}
        return {name: some(rows, self.limit, seed) for name, rows in splits.items()}

    def anomalies(self) -> Tensor | None:
        """What is known of each row, [n]; None where no class is said to be normal."""
        y = self.rows.y
        if self.normal is None:
            return None
        if y is None or not (y >= 0).any():
            raise UserError("dataset.normal: names classes, and this data has no labels")
        normal = torch.tensor([number(self, one, "dataset.normal") for one in self.normal])
        y = y.cpu().long()
        return torch.where(y >= 0, (~torch.isin(y, normal)).long(), -1)

    def retained(self) -> Tensor:
        """Whether each row stays, [n]."""
        n, y = len(self.rows.x), self.rows.y
        if self.retention == 1:
            return torch.ones(n, dtype=torch.bool)
        if y is None or not (y >= 0).any():
            raise UserError("dataset.retention: thins classes, and this data has no labels")
        share = torch.linspace(self.retention, 1, self.classes)[y.cpu().clamp_min(0).long()]
        return torch.rand(n, generator=torch.Generator().manual_seed(self.split_seed)) < share

    def batch(self, rows: Tensor, train: bool = False) -> tuple[Tensor, Tensor | None]:
        """(x, y) of these row numbers [b], in model units; augmented if they train."""
        x, y = self.gather(rows)
        return (self.draw(x, train) if self.is_random(train) else x), y

    def gather(self, rows: Tensor) -> tuple[Tensor, Tensor | None]:
        """(x, y) of these row numbers [b], in model units and on the device, before anything is drawn."""
        y = self.rows.y
        picked = self.stored(rows).to(self.device)
        return self.scale(picked), None if y is None else y.index_select(0, rows.to(y.device))

    def beside(self, rows: Tensor) -> dict[str, Tensor]:
        """What else is known of these row numbers [b], by its names in the Trace."""
        known = {"factors": self.rows.factors, "attributes": self.rows.attributes, "anomaly": self.anomaly}
        return {name: of.index_select(0, rows.to(of.device)) for name, of in known.items() if of is not None}

    def stored(self, rows: Tensor) -> Tensor:
        """These rows [b, *shape] in stored units, where the data lies; all that looks into rows.x."""
        x = self.rows.x
        return x.index_select(0, rows.to(x.device))  # gathers bytes ten times faster than x[rows]

    def is_random(self, train: bool) -> bool:
        """Whether the same rows may give another x the next time."""
        return self.binarize == "dynamic" or (train and bool(self.augment))

    def draw(self, x: Tensor, train: bool) -> Tensor:
        """What is drawn anew for every minibatch, from the device's default generator."""
        for name in self.augment if train else ():
            x = getattr(augmentations, name)(x)
        # a range learnt from the training rows may be left by others
        return torch.bernoulli(x.clamp(0, 1)) if self.binarize == "dynamic" else x

    def binarize_once(self, raw: Tensor) -> None:
        """raw <- one draw of Bernoulli(x), in place and in pieces: the data lives once."""
        generator = torch.Generator().manual_seed(self.split_seed)
        scale = self.scale.to(raw.device)
        for piece in raw.split(4096):
            drawn = torch.bernoulli(scale(piece).clamp(0, 1), generator=generator)
            piece.copy_(scale.inverse(drawn))
        self.seen = None

    @property
    def has_photos(self) -> bool:
        """Whether rows are patches of whole photos, which may be looked at as well."""
        return False

    overlap: float = 0.5
    """Share of its side that a patch of a whole photo has in common with the next."""
    shortest: int = 0
    """Side of all whole photos, in pixels."""

    def photos(self, split: str) -> Iterator[tuple[str, Tensor]]:
        """(name, the photo in stored units [c, H, W]) of all whole photos of a split, from their files."""
        return iter(())

    def to(self, device: torch.device) -> "Dataset":
        """Move the rows there, once; what is mapped from a file goes there minibatch by minibatch."""
        self.device = device
        self.rows.x = self.rows.x if self.rows.mapped else self.rows.x.to(device)
        for name in ("y", "factors", "attributes"):
            of = getattr(self.rows, name)
            setattr(self.rows, name, None if of is None else of.to(device))
        self.anomaly = None if self.anomaly is None else self.anomaly.to(device)
        self.scale = self.scale.to(device)
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """[c, h, w] of an image, [features] of a vector."""
        return tuple(self.rows.x.shape[1:])

    @property
    def classes(self) -> int:
        """How many labels there are, by their names or else by the largest; 0 without any."""
        names, y = self.rows.classes, self.rows.y
        return max(len(names or ()), 0 if y is None else int(y.max()) + 1)

    @property
    def knows(self) -> set[str]:
        """The names of what is known beside x and y."""
        return set(self.beside(torch.zeros(0, dtype=torch.int64)))

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 3

    @property
    def final(self) -> str:
        """The split that a run is scored on in the end."""
        return "all" if self.split == "all" else "test" if "test" in self.splits else "train"

    @property
    def is_unit(self) -> bool:
        """Whether the training rows lie in [0, 1] as model input, as a Bernoulli likelihood needs."""
        low, high = self.extremes()
        return low >= 0 and high <= 1

    def mean(self) -> Tensor:
        """Of the training rows, in stored units, [*shape]."""
        train = self.splits["train"]
        total = torch.zeros(self.shape, dtype=torch.float64)
        for piece in train.split(4096):
            total += self.stored(piece).sum(0, dtype=torch.float64).cpu()
        return (total / len(train)).float()

    def extremes(self) -> tuple[float, float]:
        """Bounds of model input over the training rows; where bytes fill [0, 1], without looking at them."""
        x, device = self.rows.x, self.device
        if x.dtype == torch.uint8:
            ends = x.new_tensor([0, 255]).to(device).view(2, *[1] * len(self.shape)).expand(2, *self.shape)
            low, high = (float(end) for end in self.scale(ends).aminmax())
            if (low, high) == (0, 1):
                return low, high
        return self.bounds(self.scale)

    def bounds(self, units: Callable[[Tensor], Tensor]) -> tuple[float, float]:
        """Least and greatest number of the training rows in these units, where more stays more."""
        low, high = units(self.span().to(self.device)).aminmax()
        return float(low), float(high)

    def span(self) -> Tensor:
        """Least and greatest of every feature over the training rows, in stored units, [2, *shape]; kept."""
        train = self.splits["train"]
        if self.seen is None or self.seen[0] is not train:  # a copy may train on fewer
            spans = [self.stored(piece).aminmax(dim=0) for piece in train.split(1024)]
            low, high = (torch.stack(ends) for ends in zip(*spans, strict=True))
            self.seen = train, torch.stack([low.amin(0), high.amax(0)])
        return self.seen[1]

    @property
    def ends(self) -> tuple[float, float]:
        """Black and white in stored units: what becomes 0 and 1 if rows lie there, else what they span."""
        if not self.is_unit:
            return self.bounds(lambda raw: raw)
        bounds = torch.tensor((0.0, 1.0), device=self.device).view(2, *[1] * len(self.shape))
        raw = self.scale.inverse(bounds)
        return float(raw[0].min()), float(raw[1].max())
