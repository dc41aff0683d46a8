"""Clouds of points in the plane, side by side in one frame."""

from collections.abc import Mapping

import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.figure import canvas as look

MARGIN = 0.06  # of the longer side, around what the first cloud covers
SIDE, BESIDE = 3.4, 4  # inches of a panel, and panels side by side


def clouds(given: Mapping[str, Tensor], heading: str) -> Canvas:
    """Points [n, 2] by title; the frame is the first one's, wide enough for almost all of the others."""
    low, high = frame(list(given.values()))
    columns = min(BESIDE, len(given))
    lines = -(-len(given) // columns)
    wide, tall = (SIDE * (high - low) / (high - low).max()).clamp_min(SIDE / 3).tolist()
    canvas = look.sheet(max(wide * columns + 0.6, 5), (tall + 0.5) * lines + 0.3, heading)
    grid = canvas.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(given) :]:
        axes.set_axis_off()
    for axes, (title, x) in zip(grid.flat, given.items(), strict=False):
        look.plain(axes)
        size = min(24.0, max(4.0, 9000 / max(len(x), 1)))
        axes.scatter(*x.T.numpy(), s=size, color=look.BLUE, alpha=0.5, linewidths=0)
        axes.set(aspect="equal", xlim=(low[0].item(), high[0].item()), ylim=(low[1].item(), high[1].item()))
        axes.set_title(title, fontsize=look.TEXT + 1, color=look.INK)
    for axes in grid[-1]:
        axes.set_xlabel("$x_1$ in model units", fontsize=look.TEXT)
    for axes in grid[:, 0]:
        axes.set_ylabel("$x_2$", fontsize=look.TEXT)
    return canvas


def frame(clouds: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Two corners [2]: around all of the first, and around the others but for 1 in 100, which may be far."""
    lows, highs = [clouds[0].amin(0)], [clouds[0].amax(0)]
    for x in clouds[1:]:
        lows.append(x.quantile(0.005, dim=0))
        highs.append(x.quantile(0.995, dim=0))
    low, high = torch.stack(lows).amin(0), torch.stack(highs).amax(0)
    margin = MARGIN * (high - low).max()
    margin = torch.where(margin > 0, margin, 1.0)  # all points may be one
    return low - margin, high + margin
