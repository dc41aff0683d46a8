"""The manifold that a decoder makes of the plane."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, bare, blocks
from aelab.figure.figure import Figure, View, conditioned, no_images_of_codes
from aelab.figure.spread import spread
from aelab.figure.tile import pixels
from aelab.model.condition.given import by_label, given

MOST, BESIDE = 10, 5  # classes that are shown, and side by side


class Manifold(Figure):
    """x̂ of z = m + σ Φ⁻¹(u), u on a regular grid in (0, 1)²     [Kingma & Welling 2014, fig. 4]

    m and σ are those of N(0, I) where codes were trained towards it; under another prior, or none, the codes'
    own mean and standard deviation. A code of one number gives a strip. Where the label is the condition, a
    smaller grid for each class.

    n: steps along each axis.
    """

    def __init__(self, n: int) -> None:
        at_least(n=(n, 2))
        self.n = n

    def draw(self, view: View) -> Canvas | None:
        if why := self.obstacle(view):
            return self.nothing(why)
        parts, whose = self.parts(view)
        axes = "$z_1$ across, $z_2$ up" if view.model.latent.dim == 2 else "$z_1$"
        note = f"{axes}; steps of equal probability under {whose}"
        return blocks(parts, f"Manifold: {view.name} on {type(view.dataset).__name__}", note, BESIDE)

    def bare(self, view: View) -> np.ndarray | None:
        return None if self.obstacle(view) else bare(self.parts(view)[0], BESIDE)

    def obstacle(self, view: View) -> str:
        """Why there is none; empty where there is."""
        model, d = view.model, view.model.latent.dim
        if why := no_images_of_codes(view):
            return why
        if d > 2:
            return f"draws codes of one or two numbers, and these have {d}; traversal draws those"
        if model.condition is not None and not by_label(model):
            return f"draws what z decodes to, alone or with a label; {conditioned(view)}"
        return ""

    @torch.no_grad()
    def parts(self, view: View) -> tuple[list[Block], str]:
        """A grid, or one of each class, and whose steps they are."""
        model, dataset = view.model, view.dataset
        labelled = by_label(model)
        classes = list(range(dataset.classes))[:MOST] if labelled else [None]
        n = self.n // 2 | 1 if labelled else self.n
        mean, std, whose = spread(view, view.codes(dataset.final)[0].flatten(1).float())
        steps = mean + std * normal_quantiles(n)[:, None]  # [n, d]
        z = grid(steps)
        parts = []
        for label in classes:
            c = None if label is None else given(model, torch.full((len(z),), label))
            name = "" if label is None else look.class_name(dataset, label)
            shades = pixels(model.decode(z, c)["x_hat"], dataset)
            parts.append(Block(name, shades, n, below=ticks(steps[:, 0], labelled)))
        if model.latent.dim == 2:
            for part in parts[::BESIDE]:
                part.rows = ticks(steps[:, 1], labelled)[::-1]
        return parts, whose


def normal_quantiles(n: int) -> Tensor:
    """Φ⁻¹(u), u = (i + ½)/n, [n]"""
    return torch.special.ndtri((torch.arange(n, dtype=torch.float64) + 0.5) / n).float()


def grid(steps: Tensor) -> Tensor:
    """Steps [n, d] along each of one or two axes -> every z [n^d, d], row by row from the upper left."""
    if steps.shape[1] == 1:
        return steps
    z2, z1 = torch.meshgrid(steps[:, 1].flip(0), steps[:, 0], indexing="ij")
    return torch.stack([z1.flatten(), z2.flatten()], 1)


def ticks(z: Tensor, few: bool) -> list[str]:
    """A number at some of the steps and nothing at the others."""
    n, k = len(z), 3 if few else 5
    shown = {round(i * (n - 1) / (k - 1)) for i in range(k)}
    return [f"{float(z[i]):.2g}" if i in shown else "" for i in range(n)]
