"""dSprites: the published archive, its images packed while they are read."""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import torch
from numpy.lib import format as npy

from aelab.build import one_line
from aelab.dataset.rows import Rows
from aelab.dataset.sprites import SIDE, SIZES, Sprites
from aelab.errors import UserError

FILE = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
PIECE = 4096  # images that are unpacked at once: all would take 3 GB


class DSprites(Sprites):
    """The published images; their colour, always white, is no factor here     [Matthey et al. 2017]"""

    def read(self) -> Rows:
        root = Path(self.root)
        path = next((p for p in (root / FILE, root / "dsprites" / FILE, root) if p.is_file()), None)
        if path is None:
            raise UserError(
                f"dataset.root: no {FILE} under '{root}'. It is not downloaded: "
                f"put it in {root / 'dsprites'}, or use dataset=shapes."
            )
        try:
            with zipfile.ZipFile(path) as archive:
                with archive.open("latents_classes.npy") as file:
                    factors = read_factors(file)  # [total, 5]
                chosen = self.chosen(len(factors)).numpy()
                with archive.open("imgs.npy") as file:
                    bits = read_bits(file, len(factors), chosen)
        except Exception as error:  # whatever foreign bytes come to in zipfile's and numpy's readers
            raise UserError(
                f"dataset.root: {path} is truncated or not dSprites ({one_line(error)})"
            ) from error
        return self.rows_of(torch.from_numpy(bits), torch.from_numpy(factors[chosen]))


def read_factors(file: IO[bytes]) -> np.ndarray:
    """[total, 5] int64, in the order of SIZES."""
    classes = npy.read_array(file, allow_pickle=False)  # colour first
    if classes.ndim != 2 or classes.shape[1] != 1 + len(SIZES) or classes.dtype.kind not in "iu":
        raise ValueError(f"latents_classes {list(classes.shape)} of {classes.dtype}, not [n, 6] of integers")
    factors = classes[:, 1:].astype(np.int64)
    if len(factors) and ((factors < 0) | (factors >= list(SIZES.values()))).any():
        raise ValueError(f"latents_classes beyond {list(SIZES.values())} values")
    return factors


def read_bits(file: IO[bytes], total: int, chosen: np.ndarray) -> np.ndarray:
    """[n, 512] uint8 of the images of these numbers [n], ascending."""
    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_column, dtype = header(file)
    if shape != (total, SIDE, SIDE) or by_column or dtype != np.uint8:
        raise ValueError(f"imgs {list(shape)} of {dtype}, not {[total, SIDE, SIDE]} of uint8")
    size = SIDE * SIDE
    bits = np.empty((len(chosen), size // 8), np.uint8)
    for start in range(0, total, PIECE):
        stop = min(start + PIECE, total)
        images = np.frombuffer(file.read((stop - start) * size), np.uint8).reshape(stop - start, size)
        first, last = np.searchsorted(chosen, (start, stop))
        bits[first:last] = np.packbits(images[chosen[first:last] - start], axis=1)
    return bits
