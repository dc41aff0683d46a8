"""What the run makes of each kind of noise, also of those it was not trained with."""

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import cell, centres, pixels, tile
from aelab.seed import derive
from aelab.trace import Trace

LEFT, RIGHT, APART = 1.5, 0.7, 0.16  # inches beside the strips, and between two


class Strips(Figure):
    """x̃ over x̂ for the clean x and for each corruption of it, all of the same images, drawn once

    For images that the encoder sees in their own size.

    n: columns, spread over the classes where there are labels.
    corruptions: by name, each a strip of its own.
    """

    def __init__(self, n: int, corruptions: Mapping[str, Corruption]) -> None:
        at_least(n=(n, 1))
        self.n, self.corruptions = n, corruptions

    def draw(self, view: View) -> Canvas | None:
        dataset, split = view.dataset, view.dataset.final
        if not dataset.is_image:
            return None
        shown = pick(dataset, split, self.n)
        given = view.trace(split, max(shown) + 1)
        shapes = [
            Corruptions({name: part}).output_shape(dataset.shape) for name, part in self.corruptions.items()
        ]
        seen = tuple(given["x_tilde"].shape[1:])
        if "x_hat" not in given or any(shape != dataset.shape for shape in (seen, *shapes)):
            return None
        known = Trace({name: given[name][shown] for name in ("x", "y", "index") if name in given})
        strips = {"clean": passed(view, Trace(known, x_tilde=known.x))}
        for name, part in self.corruptions.items():
            strips[f"{name.replace('_', ' ')}\n{part.strength:g}"] = passed(
                view, corrupted(known, name, part)
            )
        n, (_, tall, wide, gap) = len(shown), cell(*dataset.shape[1:])
        side = min(0.85, 10 / n) / (wide + gap)  # inches of a picture's dot
        across, down = (n * (wide + gap) - gap) * side, (2 * tall + gap) * side
        heading = look.heading("Clean, noisy and masked inputs", dataset, view.name)
        canvas = look.sheet(max(LEFT + across + RIGHT, 6.5), (down + APART) * len(strips) + 0.42, heading)
        canvas.set_layout_engine("none")  # it does not see how wide pictures of a given height become
        width, height = canvas.get_size_inches()
        for i, (name, trace) in enumerate(reversed(strips.items())):
            place = LEFT / width, (0.4 + i * (down + APART)) / height, across / width, down / height
            strip(canvas.add_axes(place), name, trace, dataset)
        note = "on the right the mean squared distance of a pixel from the clean image's, in model units"
        canvas.supxlabel(note, fontsize=look.SMALL, color=look.GREY)
        return canvas


def corrupted(known: Trace, name: str, part: Corruption) -> Trace:
    """The Trace before the encoder; the same noise for every run, and nobody else's draws disturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive("strips", name))
        return Trace(known, **Corruptions({name: part}).eval()(known.x))


@torch.no_grad()
def passed(view: View, trace: Trace) -> Trace:
    return view.model.forward(trace)


def strip(axes: Axes, name: str, trace: Trace, dataset: Dataset) -> None:
    """Inputs above their reconstructions, how far each row is from the clean images beside it."""
    rows = trace.x_tilde, trace.x_hat.detach().float()
    n = len(trace.x)
    picture = tile(np.concatenate([pixels(x, dataset) for x in rows]), n)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    look.bare(axes)
    axes.set_xticks([])
    _, h, _, gap = cell(*dataset.shape[1:])
    middles = centres(2, h, gap)
    axes.set_yticks(middles, [name, "reconstruction"])
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(middles, [distance(x, trace.x) for x in rows])
    beside.tick_params(length=0, labelsize=look.SMALL, labelcolor=look.GREY)
    beside.spines[:].set_visible(False)


def distance(x: Tensor, clean: Tensor) -> str:
    return f"{float((x - clean).square().mean()):.3f}"
