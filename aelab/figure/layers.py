"""What a layered model takes for foreground and for background."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, blocks
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import pixels
from aelab.metric.mask_iou import overlap


class Layers(Figure):
    """x over x_F, g, x_B, g ⊙ x_B and their sum x̂ = x_F + g ⊙ x_B     [Yan et al. 2016]

    Below each column, where the data knows the foreground, its overlap with 1 − g > ½.

    n: columns, spread over the classes where there are labels.
    """

    def __init__(self, n: int) -> None:
        at_least(n=(n, 1))
        self.n = n

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        dataset, split = view.dataset, view.dataset.final
        shown = pick(dataset, split, self.n)
        trace = view.trace(split, max(shown) + 1)
        if "gate_logits" not in trace:
            return None
        x, x_hat, front, behind, gate = (
            trace[name][shown].float()
            for name in ("x", "x_hat", "x_foreground", "x_background", "gate_logits")
        )
        g = gate.sigmoid()
        rows = {
            "image  $x$": pixels(x, dataset),
            "foreground  $x_F$": pixels(front, dataset),
            "gate  $g$": g.expand_as(x).permute(0, 2, 3, 1).squeeze(3).numpy(),
            "background  $x_B$": pixels(behind, dataset),
            r"$g \odot x_B$": pixels(g * behind, dataset),
            r"$\hat{x} = x_F + g \odot x_B$": pixels(x_hat, dataset),
        }
        below, note = [], ""
        if "segment" in trace:
            found = overlap(gate < 0, trace["segment"][shown] > 0.5)
            below = [f"{iou:.2f}" for iou in found.tolist()]
            note = "intersection over union of the foreground found, 1 − g > ½, and the true one"
        block = Block("", np.concatenate(list(rows.values())), len(shown), list(rows), below)
        return blocks([block], look.heading("Layers", dataset, view.name), note)
