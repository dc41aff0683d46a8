"""A user's own files for a trained run: brought to its shape and to its data's units."""

import logging
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aelab.dataset.array_file import SUFFIXES, read_arrays
from aelab.dataset.arrays import Arrays, images, stored
from aelab.dataset.dataset import Dataset
from aelab.dataset.images import decode, find, is_image, unreadable
from aelab.dataset.refused import Refused
from aelab.dataset.rows import Rows
from aelab.errors import UserError

log = logging.getLogger(__name__)


def read_input(path: str | Path, dataset: Dataset) -> Rows:
    """An image, a folder of images or a file of arrays, as `dataset.scale` takes it; dataset is set up.

    Images are cropped and resized; arrays must have the shape and are taken as being in the data's own units.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise UserError(f"input: no file or folder '{path}'")
    if path.is_dir() or is_image(path.name):
        rows = from_images(path, dataset)
    elif path.suffix.lower() in SUFFIXES:
        rows = Rows(from_arrays(path, dataset))
    else:
        kinds = f"an image, a folder of images nor an array file ({', '.join(SUFFIXES)})"
        raise UserError(f"input: '{path}' is neither {kinds}")
    if dataset.binarize == "static":
        dataset.binarize_once(rows.x)
    return rows


def from_images(path: Path, dataset: Dataset) -> Rows:
    shape = dataset.shape
    if len(shape) != 3:
        raise UserError(f"input: images; the run was trained on {said(shape)}")
    if shape[0] not in (1, 3):
        raise UserError(f"input: images have 1 or 3 channels; the run was trained on {said(shape)}")
    root, names = (path, find(path, "input")) if path.is_dir() else (path.parent, [path.name])
    decoded: list[np.ndarray] = []
    wrong = decode(root, names, shape, decoded.append)
    if wrong:
        raise UserError(f"input: {unreadable(wrong, len(names))}")
    return Rows(in_range_of(dataset, torch.from_numpy(np.stack(decoded))), names=names)


def in_range_of(dataset: Dataset, x: Tensor) -> Tensor:
    """Bytes, black 0 and white 255, to the data's own black and white."""
    black, white = dataset.ends
    same = dataset.rows.x.dtype == torch.uint8 and (black, white) == (0, 255)
    return x if same else x.float() * ((white - black) / 255) + black


def from_arrays(path: Path, dataset: Dataset) -> Tensor:
    own = isinstance(dataset, Arrays)
    keys = dict.fromkeys([dataset.key if own else "auto", "auto"])
    columns = dict.fromkeys([dataset.labels if own else "auto", None])
    refusals: list[Refused] = []
    # new data may lack the labels, and name its samples in another way
    for key, labels in product(keys, columns):
        try:
            x = stored(fit(read_arrays(path, key, labels, own and dataset.samples_last).x, dataset.shape))
            break
        except Refused as error:
            refusals.append(error)
    else:
        raise UserError(f"input: {next((e for e in refusals if e.setting == 'shape'), refusals[0])}")
    bad = int((~torch.isfinite(x.flatten(1))).any(1).sum())
    if bad:
        raise UserError(f"input: {bad} of {len(x)} rows hold NaN or infinity")
    if dataset.is_image:
        (black, white), (low, high) = dataset.ends, (float(end) for end in x.aminmax())
        if black < white and not 0.02 < (high - black) / (white - black) < 2:
            log.warning(
                "input: values in [%g, %g]; the run's data lies in [%g, %g]. They are taken as they are.",
                *(low, high, black, white),
            )
    return x


def fit(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """[n, *shape], where the samples have this shape or, as vectors, its size."""
    if shape[:1] == (1,) and x.shape == shape[1:]:  # one image
        x = x[None]
    for form in (x, images(x, None)):
        if form.shape[1:] == shape or (1 in (len(shape), form.ndim - 1) and form[0].size == np.prod(shape)):
            return form.reshape(len(form), *shape)
    raise Refused("shape", f"{said(images(x, None).shape[1:])}; the run was trained on {said(shape)}")


def said(shape: tuple[int, ...]) -> str:
    return f"vectors of {shape[0]} features" if len(shape) == 1 else str(list(shape))
