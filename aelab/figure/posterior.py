"""All codes together, beside the prior that they should look like."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.latent_map import Map, histogram, key, scatter
from aelab.sampler.prior import regarded
from aelab.seed import derive


class Posterior(Figure):
    """Draws of the aggregated posterior q(z) = E_x q(z given x), by class, and as many of the prior p(z)

    Of a code of one number their histograms one above the other; of longer ones z₁ and z₂, side by side.
    Both in one scale.     [Makhzani et al. 2016, fig. 2; Zhao et al. 2019, fig. 1]

    points: at most this many rows.
    """

    def __init__(self, points: int) -> None:
        at_least(points=(points, 1))
        self.points = points

    def draw(self, view: View) -> Canvas | None:
        if "q" not in view.model.latent.gives and not regarded(view.terms.values()):
            return self.nothing(
                "draws codes that the loss brought to a prior, as kl, mmd or adversarial does"
            )
        trace = view.trace(view.dataset.final, self.points)
        codes = trace["z"].flatten(1).float()
        z, d = codes[:, :2], codes.shape[1]
        y, prior = trace.get("y"), drawn(view, trace.get("c"), z)
        maps = [Map("q(z)", z, y, []), Map("p(z)", prior, None, [], look.GREY)]
        labels = [] if y is None else sorted(set(y.tolist()))
        classes = [look.class_name(view.dataset, label) for label in labels]
        colours = look.class_colours(labels)
        beside = 0.1 * max(map(len, classes)) + 0.5 if classes else 0.1
        flat = d == 1
        width, height, (lines, columns) = (6.6, 5.0, (2, 1)) if flat else (9.0, 4.6, (1, 2))
        heading = look.heading("Posterior and prior", view.dataset, view.name, self.points)
        canvas = look.sheet(width + beside, height, heading)
        grid = list(canvas.subplots(lines, columns, sharex=True, sharey=True).flat)
        together = torch.cat([one.z[:, 0] for one in maps])
        bins: list[float] = np.histogram_bin_edges(together.numpy(), 80).tolist()
        for axes, one in zip(grid, maps, strict=True):
            look.plain(axes)
            if flat:
                histogram(axes, one, labels, colours, bins)
                axes.set_ylabel("draws per bin", fontsize=look.TEXT)
            else:
                scatter(axes, one, labels, colours)
                axes.set_aspect("equal", adjustable="box")
                axes.set_xlabel("$z_1$", fontsize=look.TEXT)
            axes.set_title(one.name, fontsize=look.TEXT + 1, color=look.INK)
        if flat:
            grid[-1].set_xlabel("$z$", fontsize=look.TEXT)
        else:
            grid[0].set_ylabel("$z_2$", fontsize=look.TEXT)
        if d > 2:
            canvas.supxlabel(f"the first two of the code's {d} numbers", fontsize=look.SMALL, color=look.GREY)
        key(canvas, grid, len(maps), classes, colours)
        canvas.draw_without_rendering()  # of square panels the layout comes to rest in its second pass
        return canvas


@torch.no_grad()
def drawn(view: View, c: Tensor | None, z: Tensor) -> Tensor:
    """As many draws of the prior as z [n, k] has rows, of the coordinates that it has."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive("posterior"))
        return view.model.prior.sample(len(z), c).flatten(1).float()[:, : z.shape[1]]
