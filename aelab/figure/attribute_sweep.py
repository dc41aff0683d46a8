"""What each attribute does to an image, the code and the other attributes held."""

from collections.abc import Iterable

import torch
from matplotlib.figure import Figure as Canvas

from aelab.attributes import changed, unknown
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, blocks
from aelab.figure.figure import Figure, View, no_images_of_codes
from aelab.figure.tile import pixels
from aelab.model.condition.given import by_attributes


class AttributeSweep(Figure):
    """x̂ of (z, c) with c_j from 0 to 1, z the code of a test row, c its attributes     [Yan et al. 2016]

    attributes: names; null for all.
    steps: of c_j.
    row: of the test split.
    """

    def __init__(self, attributes: list[str] | None, steps: int, row: int) -> None:
        at_least(steps=(steps, 2), row=(row, 0))
        if attributes is not None and not attributes:
            raise ValueError("attributes must name one at least, or be null for all")
        self.attributes, self.steps, self.row = attributes, steps, row

    def objections(self, dataset: Dataset) -> Iterable[str]:
        yield from unknown(self.attributes or [], dataset)

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        model, dataset, split = view.model, view.dataset, view.dataset.final
        if why := no_images_of_codes(view):
            return self.nothing(why)
        if not by_attributes(model):
            return self.nothing(
                "draws models conditioned on attributes, as model/condition=attributes makes them"
            )
        row = min(self.row, len(dataset.splits[split]) - 1)
        trace = view.trace(split, row + 1)
        known = dataset.rows.attribute_names or []
        names, own = self.attributes or known, trace["attributes"][row:]  # [1, k]
        t = torch.linspace(0, 1, self.steps)
        each = own.expand(self.steps, -1)
        c = torch.cat([changed(each, dataset, name, t) for name in names])  # [names · steps, k]
        z = model.latent.settled({name: trace[name][row:] for name in model.latent.gives if name in trace})
        moved = model.decode(z.expand(len(c), -1), c)["x_hat"]
        still = torch.cat([trace["x"][row:], model.decode(z, own)["x_hat"]])
        beside = [f"{name.replace('_', ' ')}  ({own[0, known.index(name)]:.2f})" for name in names]
        below = [f"{value:.2g}" for value in t.tolist()]
        parts = [
            Block("", pixels(still, dataset), 1, ["$x$", r"$\hat{x}$"]),
            Block("", pixels(moved, dataset), self.steps, beside, below),
        ]
        note = "value of the attribute; in brackets the one that x has itself"
        return blocks(parts, look.heading("Attributes", dataset, view.name), note)
