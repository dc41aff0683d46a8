"""The published data sets that torchvision knows: found where they lie, or downloaded through it."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aelab.build import one_line
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError

log = logging.getLogger(__name__)

Part = tuple[str, ...]
"""The files that together hold some rows: images and labels, or both in one."""


class Published(Dataset):
    """The source's own training and test rows, in one tensor.

    torchvision downloads, but the files are read here: straight into the one tensor that stays, from whatever
    folder they lie in, with the name of the one that is broken.
    """

    source: str  # torchvision's name of the data set
    size: tuple[int, int, int]  # [c, h, w]
    folder = ""  # where torchvision puts the files, below its root
    calls: tuple[dict[str, Any], ...] = ({"train": True}, {"train": False})  # of torchvision, for all files

    def files(self) -> tuple[list[Part], list[Part]]:
        """Of the training rows and of the test rows."""
        raise NotImplementedError

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        """The file's `x` [n, c, h, w] uint8, perhaps a view of the file, its `y` [n], or both."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """Of the classes."""
        raise NotImplementedError

    def read(self) -> Rows:
        train, test = self.files()
        home = self.find([name for part in train + test for name in part])
        parts = [self.open([home / name for name in part]) for part in train + test]
        sizes = [len(y) for _, y in parts]
        x = torch.empty(sum(sizes), *parts[0][0].shape[1:], dtype=torch.uint8)
        for piece, (images, _) in zip(x.split(sizes), parts, strict=True):
            piece.numpy()[...] = images
        y = torch.cat([torch.from_numpy(labels.astype(np.int64)) for _, labels in parts])
        return Rows(x, y, self.names(), test=sum(sizes[: len(train)]))

    def open(self, paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for path in paths:
            try:
                found |= self.decode(path if path.exists() else zipped(path))
                if path == paths[-1]:
                    self.check(found["x"], found["y"])
            except Exception as error:  # whatever unpickling, unzipping or reshaping foreign bytes comes to
                raise UserError(
                    f"dataset.root: {path} is truncated or not {self.source}'s ({one_line(error)}); "
                    "delete it to download it again"
                ) from error
        return found["x"], found["y"]

    def check(self, x: np.ndarray, y: np.ndarray) -> None:
        if x.shape[1:] != self.size:
            raise ValueError(f"images of {list(x.shape[1:])}, not {list(self.size)}")
        if y.shape != (len(x),):
            raise ValueError(f"{len(x)} images, labels of shape {list(y.shape)}")
        if len(y) and not -1 <= y.min() <= y.max() < len(self.names()):
            raise ValueError(f"labels from {y.min()} to {y.max()}")

    def find(self, names: list[str]) -> Path:
        """The folder that holds these files; where some are missing, torchvision's own, after a download."""
        standard = Path(self.root) / self.folder
        home = next((h for h in self.homes() if any(is_there(h / name) for name in names)), standard)
        missing = [name for name in names if not is_there(home / name)]
        if not missing:
            return home
        made = [folder for folder in (standard, *standard.parents) if not folder.exists()]
        try:
            self.download()
        except (RuntimeError, OSError) as error:
            for folder in made:
                with suppress(OSError):  # an empty one is of no use; what was downloaded stays
                    folder.rmdir()
            some = len(missing) < len(names)
            lack = f"{home} lacks {', '.join(missing)}" if some else f"no {self.source} under '{self.root}'"
            why = "no network" if "urlopen error" in str(error) else one_line(error)
            files = "the files" if self.folder else " and ".join(names)
            raise UserError(
                f"dataset.root: {lack} and it could not be downloaded ({why}). "
                f"Put {files} in {standard}, or use dataset=digits."
            ) from error
        return standard

    def homes(self) -> list[Path]:
        """Where to look: torchvision's root, the data set's own folder, or the files' folder."""
        root, below = Path(self.root), Path(self.folder)
        bases = (root, root / self.source, root / self.source.lower())
        return [base / sub for base in bases for sub in (below, below.name, "")]

    def download(self) -> None:
        from torchvision import datasets

        log.info("downloading %s into %s", self.source, Path(self.root) / self.folder)
        for call in self.calls:
            getattr(datasets, self.source)(self.root, download=True, **call)


def zipped(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def is_there(path: Path) -> bool:
    return path.exists() or zipped(path).exists()
