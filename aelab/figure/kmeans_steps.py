"""k-means step by step: points to their nearest centroid, centroids to the mean of their points."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.cluster.kmeans import nearest
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.denoising_arrows import arrows
from aelab.figure.figure import Figure, View
from aelab.figure.steps import SIDE, Halves, Plane, draw_curves

FINE = 300  # pixels of the regions, each way
OLD: dict[str, Any] = {"facecolor": "white", "s": 20, "linewidth": 1.0}


class KMeansSteps(Figure):
    """Above, codes of training rows, and the plane, in the colours of their nearest centroids, and these on
    their way to the means of their codes; below, Σ_i ‖z_i − m_s(i)‖² after each half of a step
    [Lloyd 1982; Bishop 2006, fig. 9.1, 9.2]

    steps: which are drawn, from 1 on, beside the start and the end.
    points: at most this many, drawn once.
    """

    def __init__(self, steps: Sequence[int], points: int) -> None:
        at_least(points=(points, 1))
        if min(steps, default=1) < 1:
            raise ValueError(f"steps must be at least 1, got {list(steps)}")
        self.steps, self.points = sorted(set(steps)), points

    def draw(self, view: View) -> Canvas | None:
        rows = [row for row in view.history if "train/inertia" in row]
        if not rows:
            return self.nothing("draws the steps of a stage kmeans; recipe=kmeans has one")
        d, stage, behind = view.model.latent.dim, rows[-1]["stage"], view.history[-1]["stage"]
        whys = {
            f"these have {d} numbers": d != 2,
            "this run kept no path of the centroids: no checkpoints, or minibatches": not view.centroids,
            f"stage {behind} has moved these since": behind != stage,
        }
        for why in (why for why, holds in whys.items() if holds):
            return self.nothing(f"draws k-means of codes in the plane, and {why}")
        rows = [row for row in rows if row["stage"] == stage]
        path = [view.centroids[step] for step in sorted(view.centroids)]
        last, plane = len(path) - 1, Plane(view)
        shown = [step for step in self.steps if step <= last]
        columns = 1 + len(shown) + (last > 0)
        heading = f"k-means: {view.name} on {type(view.dataset).__name__}, training rows"
        lines = 2 if shown else 1
        canvas = look.sheet(SIDE * max(columns, 3) + 0.4, lines * (plane.tall + 0.5) + 3.1, heading)
        grid = canvas.add_gridspec(lines + 1, columns, height_ratios=[*[plane.tall + 0.5] * lines, 3.0])
        z, colours = plane.z[: self.points], look.class_colours(list(range(len(path[0]))))
        axes = plane.panel(canvas, grid[:lines, 0], "start", True)
        dots(axes, z, [look.GREY] * len(z))
        centroids(axes, path[0], colours)
        for column, step in enumerate(shown, 1):
            before, after = path[step - 1], path[step]
            axes = plane.panel(canvas, grid[0, column], f"step {step}: assignment", False)
            assigned(axes, z, before, colours, plane)
            centroids(axes, before, colours)
            axes = plane.panel(canvas, grid[1, column], f"step {step}: update", False)
            dots(axes, z, [colours[k] for k in nearest(z, before)[0].tolist()])
            centroids(axes, before, colours, **OLD)
            centroids(axes, after, colours)
            arrows(axes, before, after, color=look.INK, zorder=5)
        if last:
            axes = plane.panel(canvas, grid[:lines, -1], f"{last} step{'s' * (last > 1)}, the end", False)
            assigned(axes, z, path[-1], colours, plane)
            centroids(axes, path[-1], colours)
        draw_curves(
            canvas, grid[lines, :], halves(plane.z, path, rows), [0, *shown, *[last] * (last not in shown)]
        )
        return canvas


def halves(z: Tensor, path: list[Tensor], rows: list[dict[str, Any]]) -> Halves:
    """Σ_i ‖z_i − m_s(i)‖² after updates, of s as it was before them, and after assignments, of all codes."""
    whole = [row["train/inertia"] for row in rows]
    half = whole[:1]
    for before, after in pairwise(path):
        half.append((z - after[nearest(z, before)[0]]).square().sum(dtype=torch.float64).item())
    return Halves(
        name="inertia",
        unit="$\\sum_i \\|z_i - m_{s(i)}\\|^2$",
        whole=whole,
        half=half,
        first="update: centroids to the means of their points",
        second="assignment: points to their nearest centroids",
        title="inertia",
    )


def assigned(axes: Axes, z: Tensor, m: Tensor, colours: list[look.Colour], plane: Plane) -> None:
    """Points, and faintly the whole plane, in the colours of their nearest centroids."""
    dots(axes, z, [colours[k] for k in nearest(z, m)[0].tolist()])
    x, y = torch.linspace(plane.left, plane.right, FINE), torch.linspace(plane.bottom, plane.top, FINE)
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).flatten(0, 1)
    region = nearest(places, m)[0].view(FINE, FINE)
    ends = plane.left, plane.right, plane.bottom, plane.top
    scale: dict[str, Any] = {"cmap": ListedColormap(colours), "vmin": -0.5, "vmax": len(m) - 0.5}
    style: dict[str, Any] = {"origin": "lower", "alpha": 0.16, "zorder": 0, "interpolation": "nearest"}
    axes.imshow(region.numpy(), extent=ends, **scale, **style)


def dots(axes: Axes, z: Tensor, colours: list[look.Colour]) -> None:
    axes.scatter(*z.T.numpy(), s=min(24.0, max(4.0, 9000 / len(z))), c=colours, alpha=0.6, linewidths=0)


def centroids(axes: Axes, m: Tensor, colours: list[look.Colour], **style: Any) -> None:
    """Large dots; hollow where another style says so."""
    own: dict[str, Any] = {
        "facecolor": colours,
        "edgecolor": look.INK,
        "linewidth": 1.3,
        "s": 60 if len(m) <= 12 else 30,
        "zorder": 4,
    }
    axes.scatter(*m.T.numpy(), **(own | style))
