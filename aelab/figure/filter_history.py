"""How filters come about: some of the first layer's at several epochs of the training."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.filters import as_images, of_mean
from aelab.figure.tile import cell, centres, tile


class FilterHistory(Figure):
    """w_1, ..., w_n of the encoder's first layer, one below the other, from epoch 0 on

    What callback=snapshots kept; filters that are no pictures are not drawn, nor those of log σ².

    n: at most so many filters.
    epochs: at most so many of the epochs that were kept, the first and the last among them.
    """

    def __init__(self, n: int, epochs: int) -> None:
        at_least(n=(n, 1))
        at_least(epochs=(epochs, 2))
        self.n, self.epochs = n, epochs

    def draw(self, view: View) -> Canvas | None:
        kept = sorted(view.snapshots)
        if not kept:
            return None
        chosen = np.linspace(0, len(kept) - 1, min(self.epochs, len(kept))).round().astype(int)
        epochs = [kept[i] for i in chosen]
        shape = tuple(view.trace(view.dataset.final, 1)["x_tilde"].shape[1:])  # as the encoder sees it
        rows = of_mean(view.model)
        pictures = [as_images(view.snapshots[epoch][:rows], shape) for epoch in epochs]
        shown = [filters[: self.n] for filters in pictures if filters is not None]
        if not shown:
            return None
        weight = torch.stack(shown, dim=1).float()  # [n, epochs, c, h, w]
        n, k, c, h, w = weight.shape
        top = float(weight.abs().max()) or 1.0
        flat = weight.flatten(0, 1)
        shades = (flat / (2 * top) + 0.5).permute(0, 2, 3, 1) if c == 3 else flat[:, 0]
        picture = tile(shades.numpy(), k)
        side = min(0.95, 10 / k, 9 / n)  # inches a filter
        of = "" if rows is None else " of μ"
        title = f"First-layer filters{of} over the epochs: {view.name} on {type(view.dataset).__name__}"
        tall = k * side * picture.shape[0] / picture.shape[1]
        canvas = look.sheet(max(k * side + (1.9 if c == 1 else 1.0), 6), tall + 0.8, title)
        axes = canvas.add_subplot()
        image = axes.imshow(picture, cmap=look.SIGNED, vmin=-top, vmax=top, interpolation="nearest")
        look.bare(axes)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        _, tall, wide, gap = cell(h, w)
        axes.set_xticks(centres(k, wide, gap), [str(epoch) for epoch in epochs])
        axes.set_yticks(centres(n, tall, gap), [f"$w_{{{i + 1}}}$" for i in range(n)])
        axes.set_xlabel("epoch", fontsize=look.TEXT, color=look.INK)
        if c == 1:
            bar = canvas.colorbar(image, ax=axes, label="weight", shrink=0.8, aspect=30)
            look.bare(bar.ax)
        else:
            note = f"mid-grey is 0; full colour is ±{top:.2g}"
            canvas.supxlabel(note, fontsize=look.SMALL, color=look.GREY)
        return canvas
