"""What the first layer looks for: its weights as pictures."""

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.tile import columns_for, tile
from aelab.model.autoencoder import Autoencoder
from aelab.model.net import Net, first_weight


class Filters(Figure):
    """The rows or kernels w_j of the encoder's first weight, largest ‖w_j‖ first

    Where it gives μ and log σ² at once, the rows of μ alone.

    n: at most this many.
    """

    def __init__(self, n: int) -> None:
        at_least(n=(n, 1))
        self.n = n

    def draw(self, view: View) -> Canvas | None:
        found = first_weight(view.model.encoder)
        if found is None:
            return None
        rows = of_mean(view.model)
        weight = found.detach()[:rows]
        order = weight.flatten(1).norm(dim=1).argsort(descending=True, stable=True)[: self.n]
        chosen = weight[order].float()
        shape = tuple(view.trace(view.dataset.final, 1)["x_tilde"].shape[1:])  # as the encoder sees it
        what = f"{len(chosen)} of {len(weight)}" if len(chosen) < len(weight) else f"all {len(weight)}"
        of = "" if rows is None else " of μ"
        title = f"First-layer filters: {view.name} on {type(view.dataset).__name__}, {what}{of}"
        pictures = as_images(chosen, shape)
        if pictures is None:
            return heat(chosen.flatten(1), title)
        return tiles(pictures, title)


def of_mean(model: Autoencoder) -> int | None:
    """How many of the first layer's rows, from the first on, are μ's, if others are the variance's."""
    encoder, latent = model.encoder, model.latent
    is_last = isinstance(encoder, Net) and len(encoder.blocks) == 1
    return latent.dim if is_last and "mean" in latent.gives and latent.width > latent.dim else None


def as_images(weight: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """[k, ...] -> [k, c, h, w] with c = 1 or 3; None where a filter is no picture."""
    if weight.ndim == 2 and len(shape) == 3 and weight.shape[1] == int(np.prod(shape)):
        weight = weight.reshape(-1, *shape)
    if weight.ndim != 4:
        return None
    # kernels over other numbers of channels have no colours: their slices one by one
    return weight if weight.shape[1] in (1, 3) else weight.flatten(0, 1)[:, None]


def tiles(weight: Tensor, title: str) -> Canvas:
    """0 is white in grey, mid-grey in colour; one scale for all, so that weak filters look weak."""
    k, c, h, w = weight.shape
    top = float(weight.abs().max()) or 1.0
    columns = columns_for(k, h, w)
    if c == 3:
        picture = tile((weight / (2 * top) + 0.5).permute(0, 2, 3, 1).numpy(), columns)
    else:
        picture = tile(weight[:, 0].numpy(), columns)
    side = 6.5  # inches of the picture's longer edge
    tall, wide = (side * size / max(picture.shape[:2]) for size in picture.shape[:2])
    canvas = look.sheet(max(wide + (1.0 if c == 1 else 0.1), 5.5), tall + (0.1 if c == 1 else 0.35), title)
    axes = canvas.add_subplot()
    shown = axes.imshow(picture, cmap=look.SIGNED, vmin=-top, vmax=top, interpolation="nearest")
    look.bare(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    if c == 1:
        bar = canvas.colorbar(shown, ax=axes, label="weight", shrink=0.8, aspect=30)
        look.bare(bar.ax)
    else:
        axes.set_xlabel(f"mid-grey is 0; full colour is ±{top:.2g}", fontsize=look.SMALL, color=look.GREY)
    return canvas


def heat(weight: Tensor, title: str) -> Canvas:
    """[filters, inputs] as one matrix."""
    top = float(weight.abs().max()) or 1.0
    canvas = look.sheet(7.6, min(8.0, 2.0 + 0.16 * len(weight)), title)
    axes = canvas.add_subplot()
    colours = {"cmap": look.SIGNED, "vmin": -top, "vmax": top}
    shown = axes.imshow(weight.numpy(), aspect="auto", interpolation="nearest", **colours)
    look.bare(axes)
    axes.set_xlabel("input", fontsize=look.TEXT)
    axes.set_ylabel("filter, largest norm first", fontsize=look.TEXT)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=12, steps=[1, 2, 5, 10], integer=True))
    bar = canvas.colorbar(shown, ax=axes, label="weight")
    look.bare(bar.ax)
    return canvas
