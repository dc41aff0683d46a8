"""Decoded images that do not fit in memory: in a file of the user's cache folder, mapped from there."""

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aelab.errors import UserError


class Mapped:
    """The images of some files, decoded in one way; a file of another time or size makes another folder."""

    def __init__(self, root: Path, names: list[str], settings: Any) -> None:
        stats = [(root / name).stat() for name in names]
        files = [(name, stat.st_mtime_ns, stat.st_size) for name, stat in zip(names, stats, strict=True)]
        key = hashlib.sha256(json.dumps([str(root.resolve()), settings, files]).encode()).hexdigest()
        self.caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aelab" / "images"
        self.folder = self.caches / key[:32]

    def load(self) -> tuple[Tensor, dict[str, str]] | None:
        """(x [n, c, h, w], name -> why of the unreadable), or None where nothing has been written."""
        try:
            about = json.loads((self.folder / "about.json").read_text())
            pixels = np.memmap(self.folder / "pixels", np.uint8, mode="r", shape=tuple(about["shape"]))
        except (OSError, ValueError):
            return None
        with warnings.catch_warnings(action="ignore"):  # that nobody may write to it is what we want
            return torch.from_numpy(pixels), about["unreadable"]

    def write(
        self,
        shape: tuple[int, ...],
        most: int,
        decode: Callable[[Callable[[np.ndarray], object]], dict[str, str]],
    ) -> None:
        """Keep the images [*shape] that `decode` gives, one or some at a time, `most` at most; the folder
        appears whole or not.
        """
        room = most * int(np.prod(shape))
        self.caches.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.caches).free
        if free < room:
            raise UserError(
                f"dataset.memory: {room / 2**30:.1f} GiB of decoded images exceed it, and {self.caches} has "
                f"only {free / 2**30:.1f} GiB free; lower dataset.size, or set XDG_CACHE_HOME"
            )
        made = Path(tempfile.mkdtemp(prefix=".", dir=self.caches))
        try:
            with (made / "pixels").open("wb") as file:
                unreadable = decode(lambda images: file.write(images.tobytes()))
                n = file.tell() // int(np.prod(shape))
            about = {"shape": [n, *shape], "unreadable": unreadable}
            (made / "about.json").write_text(json.dumps(about))
            with suppress(OSError):  # another run has just written the same
                made.rename(self.folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
