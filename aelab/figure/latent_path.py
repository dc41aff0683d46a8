"""A straight path over the latent map, through its widest hole, and what the decoder makes of it."""

import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View, conditioned, no_images_of_codes
from aelab.figure.latent_map import key, placed, scatter
from aelab.figure.pick import pick
from aelab.figure.tile import cell, centres, pixels, tile

ENDS, ROWS = 40, 5000
"""Codes that a path may begin or end at; codes beside it."""
NEIGHBOURS, CENTRAL = 10, 0.95
"""A code lies as far out as this neighbour is away; a path begins and ends at this share of all codes."""


class LatentPath(Figure):
    """x̂ of (1 − t) z + t z', and where these lie among the codes of the test rows, for a code of two numbers

    Of all paths between some rows, two of different classes where there are classes, the one that comes
    farthest from any code: max over t of min over rows |z_t − z_n|, in units of the codes' own standard
    deviation. Neither end is a code that lies apart from all others, for the way out to it is no hole. Codes
    are draws of q(z given x) where it is a distribution, as the decoder was trained with.

    steps: of t.
    """

    def __init__(self, steps: int) -> None:
        at_least(steps=(steps, 3))
        self.steps = steps

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        model, dataset, split = view.model, view.dataset, view.dataset.final
        if why := no_images_of_codes(view):
            return self.nothing(why)
        if model.reads:
            return self.nothing(f"draws what z alone decodes to; {conditioned(view)}")
        if model.latent.dim != 2:
            return self.nothing(f"draws codes of two numbers, and these have {model.latent.dim}")
        trace = view.trace(split, ROWS)
        codes, y = trace["z"].flatten(1).float(), trace.get("y")
        inner = central(codes)
        ends = [i for i in pick(dataset, split, ENDS) if inner[i]]
        path, gap = emptiest(codes[ends], None if y is None else y[ends], codes, self.steps)
        if path is None:
            return self.nothing("draws a path between codes of two classes, and found no two such codes")
        heading = look.heading("Latent path", dataset, view.name, ROWS)
        canvas = look.sheet(7.6, 7.4, heading)
        upper, lower = canvas.subplots(2, 1, height_ratios=[6, 1])
        one = placed("", codes, y, ROWS)
        labels = [] if one.y is None else sorted(set(one.y.tolist()))
        classes, colours = [look.class_name(dataset, label) for label in labels], look.class_colours(labels)
        look.plain(upper)
        scatter(upper, one, labels, colours)
        upper.plot(*path.T.numpy(), color=look.INK, marker="o", markersize=6, markeredgecolor="white")
        upper.set_xlabel("$z_1$", fontsize=look.TEXT)
        upper.set_ylabel("$z_2$", fontsize=look.TEXT)
        drawn = "; dots are draws of q(z given x)" if "q" in model.latent.gives else ""
        note = f"at most {gap:.2f} standard deviations from the nearest code{drawn}"
        upper.set_title(note, fontsize=look.TEXT)
        key(canvas, [upper], 1, classes, colours)
        shades = pixels(model.decode(path)["x_hat"], dataset)
        lower.imshow(tile(shades, self.steps), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        look.bare(lower)
        _, _, wide, between = cell(*shades.shape[1:3])
        t = [f"{step:.2g}" for step in torch.linspace(0, 1, self.steps).tolist()]
        lower.set_xticks(centres(self.steps, wide, between), t)
        lower.set_yticks([])
        lower.set_xlabel("t, along the path", fontsize=look.TEXT)
        return canvas


def emptiest(ends: Tensor, y: Tensor | None, codes: Tensor, steps: int) -> tuple[Tensor | None, float]:
    """(The path [steps, d], how far it comes from any code); None where no two ends are of two classes."""
    i, j = torch.triu_indices(len(ends), len(ends), 1)
    if y is not None:
        differ = y[i] != y[j]
        i, j = i[differ], j[differ]
    if not len(i):
        return None, 0.0
    t = torch.linspace(0, 1, steps)[:, None]
    paths = torch.lerp(ends[i, None], ends[j, None], t)  # [pairs, steps, d]
    scale = deviation(codes)
    gaps = torch.stack([torch.cdist(path / scale, codes / scale).amin(1).amax() for path in paths])
    best = int(gaps.argmax())
    return paths[best], float(gaps[best])


def central(codes: Tensor) -> Tensor:
    """Which of codes [n, d] have others near, [n]: all but those whose tenth neighbour is farthest away."""
    k = min(NEIGHBOURS, len(codes) - 1)
    scaled = codes / deviation(codes)
    # each code is its own nearest; a thousand rows at a time, for the distances of all fill memory
    radii = [torch.cdist(part, scaled).kthvalue(k + 1, dim=1).values for part in scaled.split(1000)]
    radius = torch.cat(radii)
    return radius <= radius.quantile(CENTRAL, interpolation="higher")


def deviation(codes: Tensor) -> Tensor:
    """The standard deviation of every coordinate [d], to measure distances by."""
    return codes.std(0, correction=0).clamp_min(1e-12)
