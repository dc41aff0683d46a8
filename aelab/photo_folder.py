"""The user's own photos through a run of patches, one at a time, and the table of what came of them."""

import csv
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from hydra.errors import CompactHydraException
from tqdm import tqdm

from aelab.dataset.images import attempt, reason, unreadable
from aelab.dataset.photos import listed
from aelab.errors import UserError
from aelab.figure.before_after import MOST, Shown, shown
from aelab.files import replacing
from aelab.metric.photos import Photos
from aelab.photo_file import read, target, write
from aelab.photo_places import Places
from aelab.restore import Restored, restore
from aelab.seed import derive
from aelab.system import System

log = logging.getLogger(__name__)

COLUMNS = ("name", "size", "seconds", "psnr", "ssim", "before_psnr", "before_ssim")
Row = dict[str, Any]


class Unrestored(CompactHydraException):
    """Some of the files, while the others were restored."""


@dataclass
class Outcome:
    """rows: of scores.csv.

    notes: what is to be said -> of which files.
    wrong: file -> why it was not restored.
    """

    rows: list[Row] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)

    def write_scores(self, path: Path) -> None:
        """A row a file; scores where there is a truth."""
        names = [name for name in COLUMNS if any(name in row for row in self.rows)]
        with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)

    def mean(self, name: str) -> float | None:
        """Over the files that have such a score."""
        values = [row[name] for row in self.rows if name in row]
        return sum(values) / len(values) if values else None

    def say(self) -> None:
        """The notes, and in the end what is wrong."""
        for note, names in self.notes.items():
            log.warning("%s: %s", note, listed(names))
        if self.wrong:
            n = len(self.wrong) + len(self.rows)
            raise (Unrestored if self.rows else UserError)(f"input: {unreadable(self.wrong, n)}")


def restore_folder(system: System, at: Places, degrade: bool = False, **how: Any) -> Outcome:
    """Every photo from its folder to the other; how: what `restored_pixels` takes beside."""
    outcome, score = Outcome(), scorer(system)
    with bar(len(at.names)) as told:
        for name in at.names:
            began, tiles = time.monotonic(), told(name)
            try:
                photo = attempt(read, at.root / name)
                if isinstance(photo, Exception):
                    outcome.wrong[name] = reason(photo)
                    continue
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(derive("use", name))
                    written, found = restore(system, photo, degrade, progress=tiles, **how)
            except ValueError as error:
                outcome.wrong[name] = str(error)
                continue
            except (MemoryError, RuntimeError) as error:
                if isinstance(error, RuntimeError) and "allocate memory" not in str(error):
                    raise
                outcome.wrong[name] = "not enough memory"
                continue
            file, why = target(name, written, at.names)
            write(written, at.output / file)
            h, w = found.after.shape[-2:]
            row = {"name": name, "size": f"{w}x{h}", "seconds": round(time.monotonic() - began, 3)}
            missing = add_truth(found, name, at)
            if found.truth is not None:
                row |= score(found)
            outcome.rows.append(row)
            for note in filter(None, (*written.notes, why, missing)):
                outcome.notes.setdefault(note, []).append(name)
            if len(outcome.shown) < MOST:
                outcome.shown.append(shown(name, found, row))
    return outcome


def add_truth(found: Restored, name: str, at: Places) -> str:
    """Give it the reference, where there is one that fits; why not, if one was asked for."""
    path, why = at.truth(name)
    if path is None:
        return why
    photo = attempt(read, path)
    if isinstance(photo, Exception):
        return f"the reference cannot be read ({reason(photo)})"
    if photo.pixels.shape != found.after.shape:
        return "the reference has another size"
    found.truth = photo.pixels
    return ""


def scorer(system: System) -> Callable[[Restored], dict[str, float]]:
    """psnr and ssim of a photo as the metric `photos` has them, and those of what came."""
    metric = Photos(shave=None, luminance=system.dataset.shape[0] == 1, before="before")
    list(metric.objections(system))  # by which it knows the border that it leaves out

    def score(found: Restored) -> dict[str, float]:
        assert found.truth is not None
        if min(found.truth.shape[-2:]) <= 2 * metric.margin:
            return {}
        metric.reset()
        metric.update(found.truth, found.after, found.before)
        return {name.removeprefix("photo_"): value for name, value in metric.compute().items()}

    return score


@contextmanager
def bar(n: int) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """On a terminal, a bar over files and tiles: (file) -> what is called with the tiles done and all."""
    form = "{desc}: {percentage:3.0f}%|{bar}| {postfix}[{elapsed}<{remaining}]"
    shown = sys.stderr.isatty()
    began = 0
    with tqdm(total=n, bar_format=form, dynamic_ncols=True, leave=False, disable=not shown) as line:

        def told(name: str) -> Callable[[int, int], None]:
            nonlocal began
            began += 1
            before = began - 1
            line.set_description_str(f"{began}/{n} {name}", refresh=False)

            def tiles(done: int, every: int) -> None:
                line.set_postfix_str(f"tile {done}/{every} ", refresh=False)
                line.update(before + done / every - line.n)

            return tiles

        yield told
