"""The user's own numbers: vectors or images in one file."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from aelab.dataset.array_file import read_arrays
from aelab.dataset.dataset import Dataset
from aelab.dataset.refused import Refused
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed, standard, unit
from aelab.errors import UserError


class Arrays(Dataset):
    """Vectors [n, features] or images [n, h, w], [n, h, w, c], [n, c, h, w] from .npz, .npy, .mat, .csv.

    file: its path, from here or from dataset.root.
    key: name of the samples in .npz and .mat; `auto` looks for x, data, images.
    labels: name of the labels, or number of their column; `auto` looks for y, label, target; null for none.
    samples_last: the last axis counts the samples, as in many MATLAB files.
    shape: of one sample, to make images of vectors or vectors of images.
    scale: `unit`, the training rows' range to [0, 1] (bytes by 255), `standard`, to mean 0 and deviation 1.
    """

    def __init__(
        self,
        file: str,
        key: str,
        labels: str | int | None,
        samples_last: bool,
        shape: list[int] | None,
        scale: Literal["unit", "standard", "none"],
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.file, self.key, self.labels, self.samples_last = file, key, labels, samples_last
        self.given_shape, self.scaling = shape and list(shape), scale

    def read(self) -> Rows:
        path = next((p for p in (Path(self.file), Path(self.root) / self.file) if p.is_file()), None)
        if path is None:
            raise UserError(f"dataset.file: no file '{self.file}' here or under '{self.root}'")
        try:
            found = read_arrays(path, self.key, self.labels, self.samples_last)
            y, classes = (None, None) if found.y is None else encode(found.y)
            return Rows(stored(images(found.x, self.given_shape)), y, classes, test=found.test)
        except Refused as error:
            advice = f"; {error.advice}" if error.advice else ""
            raise UserError(f"dataset.{error.setting}: {error.said}{advice}") from error

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        if self.scaling == "none":
            return fixed(0, 1)
        if self.scaling == "unit" and x.dtype == torch.uint8:
            return fixed(0, 255)
        rows = x.index_select(0, train)
        return unit(rows) if self.scaling == "unit" else standard(rows)


def images(x: np.ndarray, shape: list[int] | None) -> np.ndarray:
    """[n, c, h, w] or [n, features]; of the second and the last axis the shorter one are the channels."""
    if x.ndim == 4 and x.shape[3] < x.shape[1]:
        x = np.moveaxis(x, 3, 1)
    if x.ndim == 3:
        x = x[:, None]
    if shape is None:
        return x
    whole = [1, *shape] if len(shape) == 2 else shape
    if len(whole) not in (1, 3) or np.prod(whole) != np.prod(x.shape[1:]):
        advice = "dataset.samples_last=true if the last axis counts them" if np.prod(whole) == len(x) else ""
        raise Refused("shape", f"samples of {list(x.shape[1:])} do not make {shape}", advice)
    return x.reshape(len(x), *whole)


def stored(x: np.ndarray) -> Tensor:
    """Bytes as they are, all else in float32."""
    with np.errstate(over="ignore"):  # what becomes infinite is reported with its row
        return torch.from_numpy(np.array(x, np.uint8 if x.dtype == np.uint8 else np.float32, order="C"))


def encode(y: np.ndarray) -> tuple[Tensor, list[str]]:
    """(y [n] from 0, classes): whole numbers in their order, also where they are written as text; else text.

    What has no text has no label: −1.
    """
    try:
        numbers = y.astype(np.float64)
    except ValueError:
        names, codes = np.unique(y.astype(str), return_inverse=True)  # sorted, the empty one first
        blank = int(names[0] == "")
        return torch.from_numpy(codes - blank), [str(name) for name in names[blank:]]
    odd = numbers[~(np.isfinite(numbers) & (numbers == np.trunc(numbers)))]
    if len(odd):
        raise Refused("labels", f"{odd[0]:g} among the labels is no class", "dataset.labels=null for none")
    names, codes = np.unique(numbers.astype(np.int64), return_inverse=True)
    return torch.from_numpy(codes), [str(name) for name in names]
