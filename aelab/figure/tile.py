"""Many pictures as one array, so that one imshow draws them all."""

import math

import numpy as np
from torch import Tensor
from torch.nn.functional import interpolate

from aelab.dataset.dataset import Dataset

LEAST = 320  # pixels across, of pictures that stand alone


def pixels(x: Tensor, dataset: Dataset, size: tuple[int, int] | None = None) -> np.ndarray:
    """Images in model units [n, c, h, w] -> shades in [0, 1], [n, h, w] grey or [n, h, w, 3] in colour.

    Black and white are the ends of the data's own range, the same for all; what lies beyond is clipped.
    A picture of another size, a low resolution, is enlarged to the data's or the one asked, its pixels still
    visible.
    """
    size = size or (dataset.shape[-2], dataset.shape[-1])
    black, white = dataset.ends
    x = x.detach().float()
    if x.shape[-2:] != size:
        x = interpolate(x, size=size, mode="nearest")
    shade = ((dataset.scale.inverse(x) - black) / ((white - black) or 1.0)).clamp(0, 1)
    return shade[:, :3].permute(0, 2, 3, 1).numpy() if shade.shape[1] >= 3 else shade[:, 0].numpy()


def cell(h: int, w: int) -> tuple[int, int, int, int]:
    """(times, height, width, gap) of a tile: small images are enlarged so many times, to have fine gaps."""
    times = math.ceil(16 / max(h, w))
    return times, times * h, times * w, round(times * max(h, w) / 10)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """[n, h, w] or [n, h, w, 3] -> one picture, row by row; what no image covers is NaN, white in colour."""
    n, rows = len(images), math.ceil(len(images) / columns)
    times, h, w, gap = cell(*images.shape[1:3])
    size = (rows * (h + gap) - gap, columns * (w + gap) - gap, *images.shape[3:])
    picture = np.full(size, np.nan if images.ndim == 3 else 1.0, dtype=np.float32)
    for i in range(n):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        picture[top : top + h, left : left + w] = images[i].repeat(times, axis=0).repeat(times, axis=1)
    return picture


def plain(picture: np.ndarray) -> np.ndarray:
    """A tiled picture in bytes, [h, w] or [h, w, 3], enlarged for a screen; empty places are white."""
    times = math.ceil(LEAST / picture.shape[1])
    seen = picture.repeat(times, axis=0).repeat(times, axis=1)
    return np.nan_to_num(255 * seen, nan=255.0).round().astype(np.uint8)


def centres(n: int, size: int, gap: int) -> list[float]:
    """Where the middles of n tiles of this height or width lie in the picture."""
    return [i * (size + gap) + (size - 1) / 2 for i in range(n)]


def columns_for(n: int, h: int, w: int) -> int:
    """So many columns that n tiles make a picture about square, rather wide, with few places left empty."""
    square = math.sqrt(n * h / w)
    wider = range(math.ceil(square), min(n, math.ceil(1.5 * square)) + 1)
    return min(wider, key=lambda columns: 3 * (-n % columns) / n + 0.5 * columns / square, default=n)
