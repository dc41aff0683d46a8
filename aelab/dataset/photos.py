"""Patches of photos of any size, split by photo, and the whole photos that they were cut from."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from aelab.colour import luminance
from aelab.dataset.dataset import Dataset
from aelab.dataset.image_folder import official
from aelab.dataset.images import Shape, each, find, look, opaque, reason, unreadable
from aelab.dataset.mapped import Mapped
from aelab.dataset.rows import Rows
from aelab.dataset.split import hold_out, some
from aelab.errors import UserError, at_least
from aelab.seed import derive

log = logging.getLogger(__name__)

AT_ONCE = 8  # photos decoded together: whole, they are large


class Photos(Dataset):
    """Square patches [c, size, size] of every photo, on a grid; no photo gives patches to two splits.

    size: side of a patch.
    stride: from patch to patch; null puts them side by side.
    count: at most so many patches of a photo, drawn by split_seed.
    scale: photos are made smaller by this factor first, without aliasing: more to see in a patch.
    colours: `rgb`, or the `luminance` alone.
    overlap: of the patches that a whole photo is taken apart into: the more, the better is x̂, and the slower.
    folders: the folders below root that are splits, {train: T91, test: Set5}; what is not named is held out
        of train. null: `train`, `test` and perhaps `val` where there are such, else a split by photo.
    skip_unreadable: leave out, with a warning, what cannot be read.
    memory: GiB; more patches than this lie in a file in the user's cache folder and are mapped from there.
    """

    def __init__(
        self,
        size: int,
        stride: int | None,
        count: int | None,
        scale: float,
        colours: Literal["rgb", "luminance"],
        overlap: float,
        folders: dict[str, str] | None,
        skip_unreadable: bool,
        memory: float,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        stride = size if stride is None else stride
        at_least(size=(size, 1), stride=(stride, 1), memory=(memory, 0))
        if count is not None and count < 1:
            raise ValueError(f"count must be at least 1, or null for all patches, got {count}")
        if not 0 <= overlap < 1:
            raise ValueError(f"overlap must lie in [0, 1), got {overlap:g}")
        if not 0 < scale <= 1:
            raise ValueError(f"scale must lie in (0, 1], got {scale:g}")
        if folders is not None and not {"train"} <= set(folders) <= {"train", "val", "test"}:
            raise ValueError(
                f"folders takes train and perhaps val and test, got {', '.join(folders) or '{}'}"
            )
        self.size, self.stride, self.count, self.shrink = size, stride, count, scale
        self.colours, self.overlap, self.folders = colours, overlap, folders
        self.skip_unreadable, self.memory = skip_unreadable, memory
        self.files: dict[str, list[str]] = {}  # split -> its photos, below root

    def read(self) -> Rows:
        root, files = Path(self.root), self.split_files()
        names = [name for split in files.values() for name in split]
        looks = dict(zip(names, each(look, [root / name for name in names]), strict=True))
        wrong = {name: reason(one) for name, one in looks.items() if isinstance(one, Exception)}
        shapes = {name: self.shrunk(one) for name, one in looks.items() if not isinstance(one, Exception)}
        self.refuse(shapes)
        self.shortest = min((min(h, w) for _, h, w in shapes.values()), default=0)
        counts = {name: len(self.chosen(name, shape)) for name, shape in shapes.items()}
        x, broken, mapped = self.patches(root, counts)
        if wrong := wrong | broken:
            said = f"dataset.root: {unreadable(wrong, len(names))}"
            if not self.skip_unreadable or not len(x):
                raise UserError(f"{said}; dataset.skip_unreadable=true leaves them out")
            log.warning("%s; left out", said)
        kept = {split: [name for name in files[split] if name not in wrong] for split in files}
        sizes = {split: sum(counts[name] for name in kept[split]) for split in kept}
        every = [name for split in kept.values() for name in split]
        self.files = {"train": every, "all": every} if self.split == "all" else kept
        rows = [name for name in every for _ in range(counts[name])]
        return Rows(x, names=rows, val=sizes["train"], test=sizes["train"] + sizes["val"], mapped=mapped)

    def split_files(self) -> dict[str, list[str]]:
        """The photos of train, val and test, in this order; an empty list where there are none."""
        root = Path(self.root)
        if self.folders is not None:
            for split, folder in self.folders.items():
                if not (root / folder).is_dir():
                    here = "; dataset.folders=null takes the photos of dataset.root as they lie"
                    raise UserError(f"dataset.folders.{split}: no folder '{root / folder}'{here}")
            given = {
                split: [
                    (Path(folder) / name).as_posix()
                    for name in find(root / folder, f"dataset.folders.{split}")
                ]
                for split, folder in self.folders.items()
            }
        else:
            of = official(root, find(root, "dataset.root"))
            given = {
                split: [name for name in of if of[name] == split] for split in dict.fromkeys(of.values())
            }
            given["train"] = given.pop("", None) or given["train"]
        for split, fraction in (("test", self.test_fraction), ("val", self.val_fraction)):
            if split not in given:
                numbers = torch.arange(len(given["train"]))
                parts = hold_out(numbers, fraction, None, self.split_seed)
                given["train"], given[split] = ([given["train"][i] for i in part] for part in parts)
        seen: dict[str, str] = {}
        for split, names in given.items():
            for name in names:
                if seen.setdefault(name, split) != split:
                    raise UserError(f"dataset.folders: {seen[name]} and {split} both hold {name}")
        return {split: given[split] for split in ("train", "val", "test")}

    def refuse(self, shapes: dict[str, Shape]) -> None:
        """Raise UserError where photos are too small to be cut, or too grey to teach colours."""
        grey = [name for name, (c, _, _) in shapes.items() if c == 1 and self.colours == "rgb"]
        small = [f"{name} {[h, w]}" for name, (_, h, w) in shapes.items() if min(h, w) < self.size]
        lines = []
        if grey:
            lines.append(
                f"dataset.colours: {len(grey)} of {len(shapes)} photos are grey and cannot teach colours: "
                f"{listed(grey)}; dataset.colours=luminance takes them"
            )
        if small:
            lines.append(
                f"dataset.size: {len(small)} of {len(shapes)} photos are smaller than a patch of "
                f"{self.size} x {self.size}: {listed(small)}; lower dataset.size"
                f"{', raise dataset.scale,' if self.shrink < 1 else ''} or move them away"
            )
        if lines:
            raise UserError(*lines)

    def shrunk(self, shape: Shape) -> Shape:
        c, h, w = shape
        return c, max(1, round(self.shrink * h)), max(1, round(self.shrink * w))

    def chosen(self, name: str, shape: Shape) -> Tensor:
        """The places on the grid, counted row by row, where patches of this photo are cut."""
        places = [(side - self.size) // self.stride + 1 for side in shape[1:]]
        return some(torch.arange(places[0] * places[1]), self.count, derive(self.split_seed, name))

    def patches(self, root: Path, counts: dict[str, int]) -> tuple[Tensor, dict[str, str], bool]:
        """(x, name -> why of the unreadable, whether x is mapped from a file)."""
        n = sum(counts.values())
        shape = (3 if self.colours == "rgb" else 1, self.size, self.size)
        if n * int(np.prod(shape)) <= self.memory * 2**30:
            x, start = np.empty((n, *shape), np.uint8), 0

            def put(some: np.ndarray) -> None:
                nonlocal start
                x[start : start + len(some)] = some
                start += len(some)

            wrong = self.cut(root, list(counts), put)
            return torch.from_numpy(x[:start]), wrong, False
        settings = [self.size, self.stride, self.count, self.split_seed, self.shrink, self.colours]
        cache = Mapped(root, list(counts), settings)
        if (cached := cache.load()) is None:
            cache.write(shape, n, lambda keep: self.cut(root, list(counts), keep))
            cached = cache.load()
        assert cached is not None
        return *cached, True

    def cut(self, root: Path, names: list[str], keep: Callable[[np.ndarray], object]) -> dict[str, str]:
        """Hand the patches [k, c, size, size] of each photo to `keep`, in order; name -> why, for the
        unreadable.
        """
        wrong = {}
        for name, photo in self.decoded(root, names):
            if isinstance(photo, Exception):
                wrong[name] = reason(photo)
                continue
            windows = np.lib.stride_tricks.sliding_window_view(photo, (self.size, self.size), axis=(1, 2))
            grid = windows[:, :: self.stride, :: self.stride]  # [c, rows, columns, size, size]
            rows, columns = np.divmod(self.chosen(name, photo.shape).numpy(), grid.shape[2])
            keep(np.ascontiguousarray(grid[:, rows, columns].swapaxes(0, 1)))
        return wrong

    def decoded(self, root: Path, names: list[str]) -> Iterator[tuple[str, np.ndarray | Exception]]:
        """(name, bytes [c, H, W] or why not) of each photo, a few at a time."""
        for start in range(0, len(names), AT_ONCE):
            few = names[start : start + AT_ONCE]
            yield from zip(few, each(self.load, [root / name for name in few]), strict=True)

    def load(self, path: Path) -> np.ndarray:
        """A whole photo upright, in its size and its colours, bytes [c, H, W]."""
        with Image.open(path) as image:
            ImageOps.exif_transpose(image, in_place=True)
            photo = opaque(image, "RGB")
        _, h, w = self.shrunk((3, photo.height, photo.width))
        if (w, h) != photo.size:
            photo = photo.resize((w, h), Image.Resampling.BICUBIC)
        rgb = np.asarray(photo).transpose(2, 0, 1)
        if self.colours == "rgb":
            return rgb
        y = luminance(torch.from_numpy(rgb[None] / np.float32(255)))
        return (255 * y[0]).round().byte().numpy()

    def make_splits(self) -> dict[str, Tensor]:
        """In a drawn order where nothing trains: the first rows, which figures show, are of all photos."""
        generator = torch.Generator().manual_seed(self.split_seed)
        return {
            name: rows if name == "train" else rows[torch.randperm(len(rows), generator=generator)]
            for name, rows in super().make_splits().items()
        }

    @property
    def has_photos(self) -> bool:
        """What is learnt place by place, or drawn once for all patches, has no place in a whole photo."""
        return not self.centred and self.binarize != "static"

    def photos(self, split: str) -> Iterator[tuple[str, Tensor]]:
        for name, photo in self.decoded(Path(self.root), self.files.get(split, [])):
            if isinstance(photo, Exception):
                raise UserError(f"dataset.root: {unreadable({name: reason(photo)}, 1)}") from photo
            yield name, torch.from_numpy(np.array(photo))


def listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
