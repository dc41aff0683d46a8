"""From one image to another, straight through the code."""

import torch
from matplotlib.figure import Figure as Canvas

from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, blocks
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import pixels
from aelab.model.condition.given import by_label


class Interpolation(Figure):
    """x̂ of (1 − t) z + t z', t from 0 to 1, between the codes of two test rows x and x'

    Pairs are of different classes as far as there are; where the label is the condition, of the same.

    pairs: rows of the picture.
    steps: of t.
    """

    def __init__(self, pairs: int, steps: int) -> None:
        at_least(pairs=(pairs, 1), steps=(steps, 2))
        self.pairs, self.steps = pairs, steps

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        model, dataset, split = view.model, view.dataset, view.dataset.final
        labelled = by_label(model)
        if not dataset.is_image or not model.generates or (model.condition is not None and not labelled):
            return None
        first, last = pairs_of(dataset, split, self.pairs, labelled)
        if not first:
            return None
        trace = view.trace(split, max(first + last) + 1)
        codes = view.codes(split)[0].flatten(1).float()
        t = torch.linspace(0, 1, self.steps)[:, None]
        z = torch.lerp(codes[first, None], codes[last, None], t)  # [pairs, steps, d]
        c = trace["c"][first].repeat_interleave(self.steps, 0) if labelled else None
        x_hat = model.decode(z.flatten(0, 1), c)["x_hat"].unflatten(0, (len(first), self.steps))
        whole = torch.cat([trace.x[first, None], x_hat, trace.x[last, None]], 1)  # [pairs, steps + 2, ...]
        names = []
        if (y := trace.get("y")) is not None:
            word = [[look.class_name(dataset, label) for label in y[ends].tolist()] for ends in (first, last)]
            names = [a if labelled else f"{a} to {b}" for a, b in zip(*word, strict=True)]
        below = ["$x$", *(f"{step:.1f}" for step in t.flatten().tolist()), "$x'$"]
        part = Block("", pixels(whole.flatten(0, 1), dataset), self.steps + 2, names, below)
        return blocks([part], look.heading("Interpolation", dataset, view.name), "t, between x and x'")


def pairs_of(dataset: Dataset, split: str, n: int, alike: bool) -> tuple[list[int], list[int]]:
    """At most n pairs of positions in a split, of two classes or, alike, of one."""
    if not alike:
        shown = pick(dataset, split, 2 * n)  # in order of class
        half = len(shown) // 2
        return shown[:half], shown[half : 2 * half]
    assert dataset.rows.y is not None  # else the model could not be conditioned on it
    shown = pick(dataset, split, max(2 * n, 2 * dataset.classes))
    of_class: dict[int, list[int]] = {}
    for position in shown:
        of_class.setdefault(int(dataset.rows.y[dataset.splits[split][position]]), []).append(position)
    found = [tuple(of[:2]) for of in of_class.values() if len(of) > 1][:n]
    return [a for a, _ in found], [b for _, b in found]
