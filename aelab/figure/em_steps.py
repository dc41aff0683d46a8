"""Expectation maximisation step by step: the components in the plane, and the bound as it climbs."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.model.prior.gaussian_mixture import GaussianMixture

MARGIN = 0.06  # of the longer side, around the points
SIDE = 2.7  # inches of a panel
FEW = 6  # steps whose stairs can be seen
DENSITY: dict[str, Any] = {"color": look.INK, "linewidth": 1.2}


class EMSteps(Figure):
    """Above, the codes of training rows coloured by r_ik, and N(m_k, Σ_k) by its ellipses of 1 and 2 standard
    deviations; below, L(r, θ) with every E and M under 1/n Σ_i log p(z_i)     [Bishop 2006, fig. 9.8, 9.14]

    steps: which are drawn, beside the last.
    points: at most this many, drawn once.
    """

    def __init__(self, steps: Sequence[int], points: int) -> None:
        at_least(points=(points, 1))
        if not steps or min(steps) < 0:
            raise ValueError(f"steps must be at least one and not negative, got {list(steps)}")
        self.steps, self.points = sorted(set(steps)), points

    def draw(self, view: View) -> Canvas | None:
        rows, prior = [row for row in view.history if "train/bound" in row], view.model.prior
        if not rows or not isinstance(prior, GaussianMixture):
            return self.nothing("draws the steps of a stage em; recipe=em and recipe=fit_em have one")
        d = prior.mean.shape[1]
        if d != 2 or not view.mixtures:
            why = f"these have {d} numbers" if d != 2 else "this run kept no checkpoints of it"
            return self.nothing(f"draws mixtures of codes in the plane, and {why}")
        last = max(view.mixtures)
        shown = [step for step in self.steps if step < last] + [last]
        z = view.codes("train")[0].flatten(1).float()  # [n, 2]
        z = z[torch.randperm(len(z), generator=torch.Generator().manual_seed(0))]
        heading = f"Expectation maximisation: {view.name} on {type(view.dataset).__name__}, training rows"
        k = max(len(shown), 3)
        low, high = z.amin(0), z.amax(0)
        margin = MARGIN * (high - low).max().clamp_min(1e-6)
        (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
        tall = SIDE * min(1.6, max(0.5, (top - bottom) / (right - left)))
        canvas = look.sheet(SIDE * k + 0.4, tall + 3.6, heading)
        grid = canvas.add_gridspec(2, len(shown), height_ratios=[tall + 0.5, 3.0])
        first: Axes | None = None
        for i, step in enumerate(shown):
            axes = canvas.add_subplot(grid[0, i], sharex=first, sharey=first)
            first = first or axes
            look.plain(axes)
            axes.grid(False)
            axes.tick_params(labelleft=i == 0)
            mixture = copy.deepcopy(prior)
            mixture.load_state_dict(view.mixtures[step])
            components(axes, mixture, z[: self.points])
            axes.set(aspect="equal", xlim=(left, right), ylim=(bottom, top))
            axes.set_title(named(step, last), fontsize=look.TEXT + 1, color=look.INK)
            axes.set_xlabel("$z_1$", fontsize=look.TEXT)
        if first is not None:
            first.set_ylabel("$z_2$", fontsize=look.TEXT)
        draw_curves(canvas, grid[1, :], rows, shown)
        return canvas


def named(step: int, last: int) -> str:
    steps = "start" if step == 0 else "1 step" if step == 1 else f"{step} steps"
    return f"{steps}, the last" if 0 < step == last else steps


@torch.no_grad()
def components(axes: Axes, mixture: GaussianMixture, z: Tensor) -> None:
    """Points in the mixed colours of the components that they may be of, and the components."""
    colours = [to_rgb(colour) for colour in look.class_colours(list(range(mixture.components)))]
    r = mixture.log_joint(z).softmax(1)  # [n, K]
    size = min(24.0, max(4.0, 9000 / len(z)))
    shades = (r.numpy() @ np.array(colours)).clip(0, 1)
    axes.scatter(*z.T.numpy(), s=size, c=shades, alpha=0.55, linewidths=0)
    for mean, sigma, colour in zip(mixture.mean, covariances(mixture), colours, strict=True):
        squares, v = torch.linalg.eigh(sigma)  # ascending
        angle = torch.rad2deg(torch.atan2(v[1, 1], v[0, 1])).item()
        across, along = (2 * squares.clamp_min(0).sqrt()).tolist()
        x, y = mean.tolist()
        dark = tuple(0.62 * part for part in colour)
        for times, width in ((1, 2.0), (2, 1.2)):
            halo = [withStroke(linewidth=width + 1.6, foreground="white")]
            ellipse = Ellipse((x, y), times * along, times * across, angle=angle, fill=False)
            ellipse.set(edgecolor=dark, linewidth=width, path_effects=halo, zorder=3)
            axes.add_patch(ellipse)
        axes.plot(x, y, marker="o", markersize=5, color=dark, markeredgecolor="white", zorder=4)


def covariances(mixture: GaussianMixture) -> Tensor:
    """Σ [K, d, d]"""
    tril = mixture.scale_tril
    return tril @ tril.mT


def draw_curves(canvas: Canvas, place: SubplotSpec, rows: list[dict[str, Any]], shown: list[int]) -> None:
    """The bound's first steps and, where there are more, the log density of all of them."""
    density, bound = ([row[f"train/{name}"] for row in rows] for name in ("log_density", "bound"))
    few = min(len(rows) - 1, FEW)
    wide = len(rows) - 1 > few
    grid = place.subgridspec(1, 1 + wide)
    axes = canvas.add_subplot(grid[0, 0])
    stairs(axes, density[: few + 1], bound[: few + 1])
    axes.set_ylabel("nats per row", fontsize=look.TEXT)
    panels = [axes]
    if wide:
        axes.set_title(
            f"bound and log density, the first {few} steps", fontsize=look.TEXT + 1, color=look.INK
        )
        axes = canvas.add_subplot(grid[0, 1])
        look.plain(axes)
        axes.plot(density, **DENSITY)
        axes.plot(shown, [density[step] for step in shown], "o", color=look.INK, markersize=5)
        axes.set_title(
            "log density, all steps; a dot for each picture", fontsize=look.TEXT + 1, color=look.INK
        )
        panels.append(axes)
    for axes in panels:
        axes.set_xlabel("step", fontsize=look.TEXT)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def stairs(axes: Axes, density: list[float], bound: list[float]) -> None:
    """M leads from one step to the next, E straight up to the log density."""
    look.plain(axes)
    m, e = ([], []), ([], [])  # lines with gaps between them, (x, y)
    for i in range(1, len(density)):
        for (x, y), line in (
            ((m[0], m[1]), ((i - 1, density[i - 1]), (i, bound[i]), (i, np.nan))),
            ((e[0], e[1]), ((i, bound[i]), (i, density[i]), (i, np.nan))),
        ):
            x.extend(point[0] for point in line)
            y.extend(point[1] for point in line)
    axes.plot(density, **DENSITY, marker="o", markersize=4, label="log density")
    axes.plot(*m, color=look.BLUE, linewidth=2, label="M step: the parameters that raise the bound most")
    axes.plot(*e, color=look.ORANGE, linewidth=3.5, label="E step: the bound up to the log density")
    axes.legend(frameon=False, fontsize=look.TEXT, loc="lower right")
