"""What a denoising autoencoder learns: arrows from where points are to where it puts them."""

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.model.autoencoder import Autoencoder
from aelab.trace import Trace

FAINT = 2000  # so many data points show where the data lies
MARGIN = 0.15  # of the data's longer side, around it
DOTS: dict[str, dict[str, Any]] = {
    "test point": {"color": look.BLUE, "marker": "o", "markersize": 3, "alpha": 0.25},
    "reconstruction": {"color": look.INK, "marker": "o", "markersize": 1.8, "alpha": 0.8},
}
BARE = {"linestyle": "none", "markeredgewidth": 0}


class DenoisingArrows(Figure):
    """x̃ -> x̂ of test points, and the field x̂ − x ≈ σ² ∇ log p(x) of the plane     [Alain & Bengio 2014]

    For data in the plane, in model units. The test points' arrows end at their reconstructions; those of
    the plane end there too where it is near, and else stop before their neighbour begins. The test points
    are left out where nothing corrupts them, the plane where the model reads more than a point.

    rows: at most this many test points get an arrow, drawn once.
    grid: arrows along the longer side of the plane.
    """

    def __init__(self, rows: int, grid: int) -> None:
        at_least(rows=(rows, 1))
        at_least(grid=(grid, 2))
        self.rows, self.grid = rows, grid

    def draw(self, view: View) -> Canvas | None:
        dataset, model, split = view.dataset, view.model, view.dataset.final
        if dataset.shape != (2,):
            return None
        trace = view.trace(split, len(dataset.splits[split]))
        if "x_hat" not in trace or trace["x_tilde"].shape != trace["x"].shape:
            return None
        # in random order: the rows of a file may be sorted
        order = torch.randperm(len(trace["x"]), generator=torch.Generator().manual_seed(0))
        x, x_tilde, x_hat = (trace[name].detach()[order] for name in ("x", "x_tilde", "x_hat"))  # [n, 2]
        low, high = around(x)
        (left, bottom), (right, top) = low.tolist(), high.tolist()
        panels: dict[str, tuple[Tensor, Tensor]] = {}  # title -> (tails [m, 2], tips [m, 2])
        if model.reads or not torch.equal(x_tilde, x):
            panels["corrupted test points"] = (x_tilde[: self.rows], x_hat[: self.rows])
        if not model.reads:
            points, cell = lattice(low, high, self.grid)
            panels["the whole plane, arrows at most one cell long"] = (
                points,
                points + capped(rebuilt(model, points) - points, 0.9 * cell),
            )
        width, height = (5.4 * (high - low) / (high - low).max()).tolist()
        title = look.heading("Denoising arrows", dataset, view.name)
        canvas = look.sheet(max((width + 0.3) * len(panels) + 0.5, 6.4), height + 1.2, title)
        grid = canvas.subplots(1, len(panels), squeeze=False, sharey=True)
        for axes, (name, (start, end)) in zip(grid[0], panels.items(), strict=True):
            look.plain(axes)
            axes.set_title(name, fontsize=look.TEXT, color=look.INK)
            for points, style in zip((x, x_hat), DOTS.values(), strict=True):
                axes.plot(*points[:FAINT].float().T.numpy(), **style, **BARE)
            arrows(axes, start.float(), end.float())
            axes.set(aspect="equal", xlim=(left, right), ylim=(bottom, top))
            axes.set_xlabel("$x_1$ in model units", fontsize=look.TEXT)
        grid[0, 0].set_ylabel("$x_2$", fontsize=look.TEXT)
        key(canvas)
        return canvas


def around(x: Tensor) -> tuple[Tensor, Tensor]:
    """Two corners [2] of the plane around these points [n, 2]."""
    low, high = x.amin(0), x.amax(0)
    margin = MARGIN * (high - low).max()
    margin = torch.where(margin > 0, margin, 1.0)  # all points may be one
    return low - margin, high + margin


def lattice(low: Tensor, high: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """(the middles [m, 2] of square cells, n of them along the longer side; a cell's side [])"""
    step = (high - low).max() / n
    counts = ((high - low) / step).round().int().tolist()
    axes = [
        (a + b) / 2 + step * (torch.arange(count) - (count - 1) / 2)
        for a, b, count in zip(low, high, counts, strict=True)
    ]
    return torch.cartesian_prod(*axes).to(low.dtype), step


@torch.no_grad()
def rebuilt(model: Autoencoder, x: Tensor) -> Tensor:
    """x̂ of points that nothing corrupts."""
    return model.forward(Trace(x=x, x_tilde=x))["x_hat"]


def capped(moved: Tensor, longest: Tensor) -> Tensor:
    """Vectors [m, 2], each shortened to this length where it is longer."""
    length = moved.norm(dim=1, keepdim=True)
    return moved * (longest / length.clamp_min(1e-30)).clamp_max(1)


def arrows(axes: Axes, start: Tensor, end: Tensor, **style: Any) -> None:
    """In the axes' own units, from tail to tip."""
    units = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "inches", "width": 0.014}
    head = {"headwidth": 4, "headlength": 4.5, "headaxislength": 4, "minlength": 0.1}
    where, moved = start.T.numpy(), (end - start).T.numpy()
    own = {"color": look.ORANGE, "zorder": 3}
    axes.quiver(*where, *moved, **units, **head, **(own | style))


def key(canvas: Canvas) -> None:
    """What dots and arrows are, below the panels."""
    clear = {"markersize": 5, "alpha": 0.8}
    handles = [Line2D([], [], label=name, **BARE, **(style | clear)) for name, style in DOTS.items()]
    arrow = {"marker": r"$\rightarrow$", "markersize": 15, "color": look.ORANGE}
    handles.append(Line2D([], [], label="from input towards reconstruction", **BARE, **arrow))
    canvas.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=look.TEXT)
