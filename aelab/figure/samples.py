"""New images beside those of the data, and beside what a baseline draws."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.baseline.title import title
from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, aligned, bare, blocks
from aelab.figure.clouds import clouds
from aelab.figure.figure import Figure, View
from aelab.figure.tile import pixels
from aelab.model.condition.given import by_attributes, by_label, given
from aelab.sampler.sampler import Sampler
from aelab.seed import derive

MOST = 2000  # points of a cloud


class Samples(Figure):
    """x̂ of z ~ p(z), without the noise of p(x given z), beside test rows and their x̂

    [Kingma & Welling 2014, fig. 5; Zhao et al. 2019, fig. 5]

    Where the label is the condition, a row for each class, of p(z given c); where attributes are, each is of
    those of the test row in its place. Of data in the plane, clouds of as many points as the split has.

    n: columns of images.
    rows: of images, for a model that is not conditioned on the label.
    sampler: where z comes from.
    baselines: whether those that draw stand beside it.
    """

    def __init__(self, n: int, rows: int, sampler: Sampler, baselines: bool) -> None:
        at_least(n=(n, 1), rows=(rows, 1))
        self.n, self.rows, self.sampler, self.baselines = n, rows, sampler, baselines

    def draw(self, view: View) -> Canvas | None:
        if not self.can(view):
            return None
        if view.dataset.shape == (2,):
            return self.plane(view)
        return blocks(self.parts(view), heading(self.sampler, view.name, view.dataset))

    def bare(self, view: View) -> np.ndarray | None:
        return bare(self.parts(view)) if view.dataset.is_image and self.can(view) else None

    def can(self, view: View) -> bool:
        """Whether there is something to draw from."""
        model, dataset = view.model, view.dataset
        if not (dataset.is_image or dataset.shape == (2,)) or not model.generates:
            return False
        if model.condition is not None and not (by_label(model) or by_attributes(model)):
            return False
        return not list(self.sampler.objections(model, view.terms.values()))

    def parts(self, view: View) -> list[Block]:
        """Images of each kind."""
        model, dataset = view.model, view.dataset
        labelled, named = by_label(model), by_attributes(model)
        classes = range(dataset.classes) if labelled else ()
        k = self.n * (len(classes) or self.rows)
        self.sampler.fit(model, view.codes)
        c = given(model, torch.arange(k) // self.n) if labelled else None
        if named:
            rows = dataset.splits[dataset.final]
            c = dataset.beside(rows[torch.arange(k) % len(rows)])["attributes"]
        groups = places(dataset, self.n, classes, k)
        drawn = real(view, groups, self.n if classes else k)
        drawn["samples"] = pixels(decoded(view, c, k, self), dataset)
        for name, side in view.baselines.items() if self.baselines else ():
            if side.sample is not None:
                drawn[title(name)] = pixels(side.sample(k), dataset)
        parts = [Block(name, shades, self.n) for name, shades in drawn.items()]
        parts[0].rows = [look.class_name(dataset, label) for label in classes]
        return parts

    def plane(self, view: View) -> Canvas:
        """Points in place of images; of each class in turn where the label is the condition."""
        model, dataset = view.model, view.dataset
        rows = dataset.splits[dataset.final][:MOST]
        k = len(rows)
        self.sampler.fit(model, view.codes)
        c = given(model, torch.arange(k) % dataset.classes) if by_label(model) else None
        drawn = {"data": dataset.gather(rows)[0], "samples": decoded(view, c, k, self)}
        for name, side in view.baselines.items() if self.baselines else ():
            if side.sample is not None:
                drawn[title(name)] = side.sample(k)
        return clouds(drawn, heading(self.sampler, view.name, dataset))


def heading(sampler: Sampler, name: str, dataset: Dataset) -> str:
    """`Samples, sampler=prior: vae on Digits`"""
    return f"Samples, sampler={sampler.name}: {name} on {type(dataset).__name__}"


@torch.no_grad()
def decoded(view: View, c: Tensor | None, k: int, figure: Samples) -> Tensor:
    """k new rows in model units; the same for every run, and nobody else's draws disturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive("samples"))
        z = figure.sampler.draw(k, c)
    return view.model.decode(z, c)["x_hat"]


def places(dataset: Dataset, n: int, classes: range | tuple[()], k: int) -> list[list[int]]:
    """Positions in the final split: the first k, or for each row of the figure the first n of a class."""
    rows = dataset.splits[dataset.final]
    if not classes:
        return [list(range(min(k, len(rows))))]
    assert dataset.rows.y is not None  # else the model could not be conditioned on it
    y = dataset.rows.y[rows]
    return [(y == label).nonzero().flatten()[:n].tolist() for label in classes]


def real(view: View, groups: list[list[int]], columns: int) -> dict[str, np.ndarray]:
    """The rows at these positions and their reconstructions."""
    with torch.random.fork_rng(devices=[]):
        trace = view.trace(view.dataset.final, max(max(group, default=0) for group in groups) + 1)
    return {
        name: aligned([pixels(trace[entry][group], view.dataset) for group in groups], columns)
        for name, entry in (("data", "x"), ("reconstructions", "x_hat"))
    }
