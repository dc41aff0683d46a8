"""A whole photo through a model of patches: by overlapping tiles, joined without seams."""

from collections.abc import Callable
from itertools import product
from math import pi

import torch
from torch import Tensor
from torch.nn.functional import pad

from aelab.system import System
from aelab.trace import Trace

AT_ONCE = 256
"""Tiles that pass through the nets together."""

Sides = tuple[int, int]
"""Height and width."""


def restored(
    system: System,
    trace: Trace,
    overlap: float | None = None,
    progress: Callable[[int, int], object] | None = None,
    passed: Callable[[Trace], Tensor] | None = None,
) -> Tensor:
    """x̂ [1, c, H, W] of one photo, from a Trace that holds what comes before the encoder. Use it `at_rest`.

    trace: x_tilde [1, c', H', W'] of any size, and what else the model reads; codes are not drawn.
    overlap: share of a tile's side that it has in common with the next; None is the data set's own.
    progress: called with the tiles done and all tiles.
    passed: takes the Trace of some tiles to their x̂, as the system itself does where None is given.
    """

    def own(tiles: Trace) -> Tensor:
        with torch.no_grad():
            return system.passed(tiles, in_use=True, needed=("x_hat",))["x_hat"]

    shape, overlap = system.dataset.shape, system.dataset.overlap if overlap is None else overlap
    small = system.corruption.output_shape(shape)
    # tiles begin where patches did: x̃ of the same size repeats itself with the pixels taken together
    multiple = system.corruption.multiple if small == shape else 1
    return joined(trace, small, shape, passed or own, overlap, progress, multiple)


def joined(
    trace: Trace,
    shape: tuple[int, ...],
    target: tuple[int, ...],
    passed: Callable[[Trace], Tensor],
    overlap: float = 0.5,
    progress: Callable[[int, int], object] | None = None,
    multiple: int = 1,
) -> Tensor:
    """x̂(p) = Σ_t w_t(p) x̂_t(p) / Σ_t w_t(p) over the tiles t that cover the pixel p

    w falls as sin² from a tile's middle to its edges, where neighbours take over. At once in memory are the
    sum and `AT_ONCE` tiles.

    shape, target: [c', h', w'] of a patch of x̃, [c, h, w] of one of x, whose sides are whole multiples.
    multiple: pixels of x̃ of which tiles begin at whole multiples.
    passed: takes the Trace of some tiles to their x̂ [b, *target].
    """
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap must lie in [0, 1), got {overlap:g}")
    tile, ratio = (shape[-2], shape[-1]), (target[-2] // shape[-2], target[-1] // shape[-1])
    if len(shape) != 3 or (tile[0] * ratio[0], tile[1] * ratio[1]) != tuple(target[-2:]):
        raise ValueError(f"tiles of {list(shape)} do not make {list(target)}: sides must be whole multiples")
    trace, size = padded(trace, tile)
    photo = trace["x_tilde"]
    places = [starts(n, t, overlap, multiple) for n, t in zip(photo.shape[-2:], tile, strict=True)]
    corners = list(product(places[0], places[1]))
    windows = [hann(t * r).to(photo.device) for t, r in zip(tile, ratio, strict=True)]
    window = windows[0][:, None] * windows[1]  # [h, w]
    total = photo.new_zeros(target[0], *(n * r for n, r in zip(photo.shape[-2:], ratio, strict=True)))
    for first in range(0, len(corners), AT_ONCE):
        some = corners[first : first + AT_ONCE]
        for (top, left), x_hat in zip(some, passed(cut(trace, some, tile)), strict=True):
            where = (slice(top * ratio[0], None), slice(left * ratio[1], None))
            total[:, *where][:, : len(window), : window.shape[1]] += window * x_hat
        if progress is not None:
            progress(first + len(some), len(corners))
    # tiles stand on a grid, so that their weights are those of rows times those of columns
    for axis, (at, w, r) in enumerate(zip(places, windows, ratio, strict=True), start=1):
        weight = total.new_zeros(total.shape[axis])
        for start in at:
            weight[start * r : start * r + len(w)] += w
        total /= weight.view(-1, *[1] * (2 - axis))
    return total[None, :, : size[0] * ratio[0], : size[1] * ratio[1]]


def starts(n: int, tile: int, overlap: float, multiple: int = 1) -> list[int]:
    """Where tiles of this side begin along n pixels; the last one ends with them."""
    step = max(1, round(tile * (1 - overlap) / multiple)) * multiple
    return [*range(0, n - tile, step), n - tile]


def hann(n: int) -> Tensor:
    """sin² over n pixels, nowhere 0."""
    return torch.sin(pi * (torch.arange(n) + 0.5) / n).square()


def padded(trace: Trace, tile: Sides) -> tuple[Trace, Sides]:
    """(the Trace of a photo no smaller than a tile, the sides that x̃ had); small ones are mirrored."""
    h, w = trace["x_tilde"].shape[-2:]
    lacks = (max(0, tile[0] - h), max(0, tile[1] - w))
    if any(lacks):
        trace = Trace(trace)
        for name, r in spatial(trace).items():
            for lack, side, axis in zip(lacks, (h, w), (0, 1), strict=True):
                mode = "reflect" if lack < side else "replicate"
                margin = [0, 0, 0, lack * r[0]] if axis == 0 else [0, lack * r[1], 0, 0]
                trace[name] = pad(trace[name], margin, mode) if lack else trace[name]
    return trace, (h, w)


def cut(trace: Trace, corners: list[Sides], tile: Sides) -> Trace:
    """The Trace of some tiles, by the corners of theirs in x̃; what has no pixels is the same for all."""
    b, ratios, tiles = len(corners), spatial(trace), Trace()
    for name, entry in trace.items():
        if name in ratios:
            h, w = ratios[name]
            tiles[name] = torch.cat(
                [
                    entry[..., top * h : (top + tile[0]) * h, left * w : (left + tile[1]) * w]
                    for top, left in corners
                ]
            )
        elif isinstance(entry, Tensor) and entry.ndim:
            tiles[name] = entry.expand(b, *entry.shape[1:])
        else:
            tiles[name] = entry
    return tiles


def spatial(trace: Trace) -> dict[str, Sides]:
    """The entries that are pictures -> how many of their pixels one of x̃ has on each side."""
    h, w = trace["x_tilde"].shape[-2:]
    pictures = {name: of for name, of in trace.items() if isinstance(of, Tensor) and of.ndim == 4}
    return {name: (of.shape[-2] // h, of.shape[-1] // w) for name, of in pictures.items()}
