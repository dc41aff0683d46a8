"""CelebA: faces with forty attributes, where its files are there."""

from pathlib import Path
from typing import Any

import torch

from aelab.dataset.image_folder import ImageFolder
from aelab.dataset.images import unreadable
from aelab.dataset.rows import Rows
from aelab.errors import UserError

IMAGES, ATTRIBUTES, SPLITS = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"


class CelebA(ImageFolder):
    """202,599 aligned faces, the largest square of each made small, and what is said of them, 0 or 1

    The source's own training, validation and test rows. torchvision's folder: celeba/img_align_celeba/*.jpg,
    celeba/list_attr_celeba.txt and celeba/list_eval_partition.txt.     [Liu et al. 2015]

    size: side of the square, or [h, w].
    memory: GiB; more than this is decoded once into the user's cache folder and mapped from there.
    """

    def __init__(self, size: int | list[int], memory: float, **common: Any) -> None:
        super().__init__(size, 3, False, memory, **common)

    def read(self) -> Rows:
        home = self.home()
        titles, attributes = table(home / ATTRIBUTES, titled=True)
        _, parts = table(home / SPLITS, titled=False)
        if odd := attributes.keys() ^ parts.keys():
            raise UserError(f"dataset.root: {home} has {min(odd)} in only one of {ATTRIBUTES} and {SPLITS}")
        names = sorted(parts, key=lambda name: (parts[name], name))  # training rows first
        there = {path.name for path in (home / IMAGES).iterdir()}
        absent = [name for name in names if name not in there]
        if absent:
            many = f"{len(absent)} of {len(names)} images, {absent[0]} the first"
            raise UserError(f"dataset.root: {home / IMAGES} lacks {many}")
        x, wrong, mapped = self.pixels(home / IMAGES, names)
        if wrong:
            raise UserError(f"dataset.root: {unreadable(wrong, len(names))}")
        split = [parts[name][0] for name in names]
        val, test = (split.index(part) if part in split else None for part in (1, 2))
        given = torch.tensor([attributes[name] for name in names]) > 0  # −1 or 1
        about: dict[str, Any] = {"attributes": given.float(), "attribute_names": titles}
        return Rows(x, names=names, test=test, val=val, **about, mapped=mapped)

    def home(self) -> Path:
        """The folder that holds all of it."""
        root = Path(self.root)
        for home in (root / "celeba", root / "CelebA", root):
            if (home / IMAGES).is_dir():
                lacking = [name for name in (ATTRIBUTES, SPLITS) if not (home / name).is_file()]
                if lacking:
                    raise UserError(f"dataset.root: {home} lacks {' and '.join(lacking)}")
                return home
        raise UserError(
            f"dataset.root: no CelebA under '{root}'. It is not downloaded: put {IMAGES} with its images, "
            f"{ATTRIBUTES} and {SPLITS} in {root / 'celeba'}, or use dataset=coloured_shapes."
        )


def table(path: Path, titled: bool) -> tuple[list[str], dict[str, list[int]]]:
    """(titles of the columns, file name -> its numbers); a titled one begins with how many rows it has."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    titles = lines[1] if titled and len(lines) > 1 else []
    try:
        rows = {name: [int(word) for word in words] for name, *words in lines[2 if titled else 0 :]}
        whole = not titled or [str(len(rows))] == lines[0]
        width = len(titles) if titled else 1
        if not rows or not whole or any(len(row) != width for row in rows.values()):
            raise ValueError
    except ValueError as error:
        raise UserError(f"dataset.root: {path} is truncated or not CelebA's") from error
    return titles, rows
