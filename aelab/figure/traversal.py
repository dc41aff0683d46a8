"""What each number of the code does to an image, the others held."""

import torch
from matplotlib.figure import Figure as Canvas

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, blocks
from aelab.figure.figure import Figure, View, conditioned, no_images_of_codes
from aelab.figure.spread import spread
from aelab.figure.tile import pixels
from aelab.model.condition.given import by_attributes, by_label


class Traversal(Figure):
    """x̂ of z with z_j = m_j + tσ_j, t from −reach to reach, z the code of a test row    [Higgins et al. 2017]

    m and σ are those of N(0, I) where codes were trained towards it; under another prior, or none, the codes'
    own mean and standard deviation. The dimensions are in order of how much their codes vary over the test
    rows: behind those that do, the unused ones.

    dims: at most so many of them.
    steps: of t.
    reach: the largest t.
    row: of the test split, whose code the others stay at.
    """

    def __init__(self, dims: int, steps: int, reach: float, row: int) -> None:
        at_least(dims=(dims, 1), steps=(steps, 2), row=(row, 0))
        if reach <= 0:
            raise ValueError(f"reach must be above 0, got {reach}")
        self.dims, self.steps, self.reach, self.row = dims, steps, reach, row

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        model, dataset, split = view.model, view.dataset, view.dataset.final
        if why := no_images_of_codes(view):
            return self.nothing(why)
        if not (model.condition is None or by_label(model) or by_attributes(model)):
            return self.nothing(
                f"draws what z decodes to, alone or with a label or attributes; {conditioned(view)}"
            )
        codes = view.codes(split)[0].flatten(1).float()  # [n, d]
        row = min(self.row, len(codes) - 1)
        trace = view.trace(split, row + 1)
        c = trace["c"][row:] if "c" in trace else None
        deviation = codes.std(0, correction=0)
        order = deviation.argsort(descending=True, stable=True)[: self.dims]
        t = torch.linspace(-self.reach, self.reach, self.steps)
        mean, std, whose = spread(view, codes)
        z = codes[row].repeat(len(order), self.steps, 1)  # [dims, steps, d]
        for i, j in enumerate(order):
            z[i, :, j] = mean[j] + t * std[j]
        x = torch.cat([trace.x[row:], model.decode(codes[row:][:1], c)["x_hat"]])
        moved = model.decode(z.flatten(0, 1), c)["x_hat"]
        names = [f"$z_{{{j + 1}}}$  ({deviation[j]:.2f})" for j in order.tolist()]
        parts = [
            Block("", pixels(x, dataset), 1, ["$x$", r"$\hat{x}$"]),
            Block(
                "",
                pixels(moved, dataset),
                self.steps,
                names,
                [f"{round(step, 1) + 0:g}" for step in t.tolist()],
            ),
        ]
        note = f"t, in σ of {whose}; in brackets a dimension's own σ over the test rows"
        return blocks(parts, look.heading("Traversal", dataset, view.name), note)
