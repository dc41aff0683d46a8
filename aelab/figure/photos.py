"""Whole photos: as they were, as the run was given them, and restored, with a detail enlarged."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from torch import Tensor
from torch.nn.functional import avg_pool2d

from aelab.baseline.title import title
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View, no_images
from aelab.figure.tile import pixels
from aelab.metric.photos import in_bytes, like
from aelab.metric.psnr import psnr

WIDTH = 2.6  # inches of a column
WORDS = 0.55  # inches of what stands above and below the pictures of a photo


class Photos(Figure):
    """x, x̃, x̂ and each baseline's x̂ of whole photos, above the square of them where x has most detail

    Under each its PSNR over all pixels, clipped and rounded to 8 bits as a file would be.

    n: photos, the first of the final split.
    zoom: side of the square, as a share of the photo's shorter one.
    """

    def __init__(self, n: int, zoom: float) -> None:
        at_least(n=(n, 1))
        if not 0 < zoom <= 1:
            raise ValueError(f"zoom must lie in (0, 1], got {zoom:g}")
        self.n, self.zoom = n, zoom

    def objections(self, dataset: Dataset) -> list[str]:
        none = "draws whole photos; dataset=photos has them, unless centred or binarized"
        return [] if dataset.has_photos else [none]

    def draw(self, view: View) -> Canvas | None:
        if why := no_images(view):
            return self.nothing(why)
        dataset, split = view.dataset, view.dataset.final
        photos = self.photos(view, split)
        if not photos:
            return self.nothing(f"draws whole photos, and none is in the {split} split")
        tall = [WIDTH * x.shape[-2] / x.shape[-1] for x in (shown["photo"] for _, shown in photos)]
        heights = [height for one in tall for height in (one, WIDTH)]
        k = max(len(shown) for _, shown in photos)
        heading = f"Photos: {view.name} on {type(dataset).__name__}, {split} photos"
        canvas = look.sheet(WIDTH * k, sum(heights) + WORDS * len(photos), heading)
        grid = canvas.subplots(len(heights), k, squeeze=False, height_ratios=heights)
        for i, (file, shown) in enumerate(photos):
            x = shown["photo"]
            square = top, left, side = detail(x, self.zoom)
            for j, (name, image) in enumerate(shown.items()):
                shade = pixels(image, dataset, (x.shape[-2], x.shape[-1]))[0]
                whole, part = grid[2 * i : 2 * i + 2, j]
                show(whole, shade, name if j else file)
                frame(whole, square)
                show(part, shade[top : top + side, left : left + side], below=decibels(x, image) if j else "")
        return canvas

    def photos(self, view: View, split: str) -> list[tuple[str, dict[str, Tensor]]]:
        """(file, what is shown of it by name, [1, c, H, W]) of each photo"""
        shown = []
        for trace in view.photos(split, self.n):
            seen = {} if trace.x_tilde.equal(trace.x) else {"input": trace.x_tilde}
            shown.append({"photo": trace.x, **seen, "restored": trace.x_hat})
        for name, side in view.baselines.items():
            for one, trace in zip(shown, side.photos(split, self.n), strict=False):
                one[title(name)] = trace.x_hat
        files = (file for file, _ in view.dataset.photos(split))
        return list(zip((file.rpartition("/")[2] for file in files), shown, strict=False))


def detail(x: Tensor, zoom: float) -> tuple[int, int, int]:
    """(top, left, side) of the square where a photo [1, c, h, w] changes most from pixel to pixel."""
    side = max(1, round(zoom * min(x.shape[-2:])))
    change = x.new_zeros(x.shape)
    change[..., 1:, :] += x.diff(dim=-2).square()
    change[..., 1:] += x.diff(dim=-1).square()
    return largest(change, side)


def largest(values: Tensor, side: int) -> tuple[int, int, int]:
    """(top, left, side) of the square of this side where values [1, c, h, w] are largest on average."""
    step = max(1, side // 8)
    found = avg_pool2d(values.mean(1, keepdim=True), side, step)[0, 0]
    top, left = divmod(int(found.argmax()), found.shape[1])
    return top * step, left * step, side


def frame(axes: Axes, square: tuple[float, float, float]) -> None:
    """Around (top, left, side) of a picture, seen on any colour."""
    top, left, side = square
    corner = (left - 0.5, top - 0.5)
    line = Rectangle(corner, side, side, fill=False, color=look.ORANGE, linewidth=1.5)
    line.set_path_effects([withStroke(linewidth=3.5, foreground="white")])
    axes.add_patch(line)


def decibels(x: Tensor, image: Tensor) -> str:
    """`28.34 dB`, nothing where the two cannot be compared."""
    other = like(image, x)
    return "" if other is None else f"{psnr((x - in_bytes(other)).double().square().mean()):.2f} dB"


def show(axes: Axes, shade: np.ndarray, name: str = "", below: str = "") -> None:
    look.bare(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.imshow(shade, cmap="gray", vmin=0, vmax=1)
    if name:
        axes.set_title(name, fontsize=look.TEXT, color=look.INK)
    if below:
        axes.set_xlabel(below, fontsize=look.TEXT, color=look.INK)
