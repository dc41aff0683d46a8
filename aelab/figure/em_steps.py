"""Expectation maximisation step by step: the components in the plane, and the bound as it climbs."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.steps import SIDE, Halves, Plane, draw_curves
from aelab.model.prior.gaussian_mixture import GaussianMixture


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
        plane = Plane(view)
        heading = f"Expectation maximisation: {view.name} on {type(view.dataset).__name__}, training rows"
        canvas = look.sheet(SIDE * max(len(shown), 3) + 0.4, plane.tall + 3.6, heading)
        grid = canvas.add_gridspec(2, len(shown), height_ratios=[plane.tall + 0.5, 3.0])
        for i, step in enumerate(shown):
            mixture = copy.deepcopy(prior)
            mixture.load_state_dict(view.mixtures[step])
            axes = plane.panel(canvas, grid[0, i], named(step, last), i == 0)
            components(axes, mixture, plane.z[: self.points])
        halves = Halves(
            name="log density",
            unit="nats per row",
            whole=[row["train/log_density"] for row in rows],
            half=[row["train/bound"] for row in rows],
            first="M step: the parameters that raise the bound most",
            second="E step: the bound up to the log density",
            title="bound and log density",
        )
        draw_curves(canvas, grid[1, :], halves, shown)
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
