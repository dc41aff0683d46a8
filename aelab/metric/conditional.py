"""Whether draws for a label show it, and how much they differ among themselves."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.metric.generated import Decode, JudgedMetric, drawn
from aelab.model.autoencoder import Prior
from aelab.model.condition.given import by_label

if TYPE_CHECKING:
    from aelab.system import System


class Conditional(JudgedMetric):
    """conditional_accuracy = fraction of draws for label y that the reference classifier takes for y
    within_class_variance = mean over y of v_y(draws) / v_y(rows)
    reference_error = the classifier's own on the test rows

    Draws decode(z, c), z ~ p(z given c), for the labels of the rows. v_y: mean over pixels of the variance
    over the images of class y; draws that are all alike have 0, whatever the accuracy.

    samples: draws for every row.
    """

    def objections(self, system: "System") -> Iterable[str]:
        if system.model.condition is not None and not by_label(system.model):
            reads = ", ".join(system.model.condition.reads)
            yield f"needs a model given the label, as model/condition=label does; this one takes {reads}"
        objections = super().objections(system)
        if system.dataset.rows.y is not None or not system.dataset.is_image:  # else y is missed already
            yield from objections

    def reset(self) -> None:
        k, n = self.dataset.classes, prod(self.dataset.shape)
        self.right, self.seen = 0, 0
        self.rows, self.draws = Classes(k, n), Classes(k, n)

    def update(  # type: ignore[override]
        self, x: Tensor, y: Tensor, prior: Prior, decode: Decode, c: Tensor
    ) -> None:
        judge = self.judge(x)
        known = y >= 0
        self.rows.add(x[known], y[known])
        for _ in range(self.samples):
            x_hat = drawn(x, prior, decode, c)[known]  # one draw for every c, as the decoder takes it
            self.right += int((judge(x_hat).argmax(1) == y[known]).sum())
            self.seen += len(x_hat)
            self.draws.add(x_hat, y[known])

    def compute(self) -> dict[str, float]:
        if not self.seen:
            return {}
        assert self.reference
        scores = {"conditional_accuracy": self.right / self.seen}
        drawn, there = self.draws.variance(), self.rows.variance()
        ratios = (drawn / there)[there > 0]  # NaN, of a class with a single row, is not
        if len(ratios):
            scores["within_class_variance"] = ratios.mean().item()
        error = self.reference.error
        return scores | ({} if error is None else {"reference_error": error})


class Classes:
    """Sums over the images of each class, which come batch by batch."""

    def __init__(self, classes: int, numbers: int) -> None:
        self.n = torch.zeros(classes, 1, dtype=torch.float64)
        self.sum = torch.zeros(classes, numbers, dtype=torch.float64)
        self.squares = torch.zeros(classes, numbers, dtype=torch.float64)

    def add(self, x: Tensor, y: Tensor) -> None:
        """[b, *shape], [b]"""
        x, y = x.flatten(1).cpu().double(), y.cpu()
        self.n.index_add_(0, y, torch.ones(len(y), 1, dtype=torch.float64))
        self.sum.index_add_(0, y, x)
        self.squares.index_add_(0, y, x.square())

    def variance(self) -> Tensor:
        """Mean over pixels of each class's variance, [classes]; NaN of fewer than two images."""
        spread = (self.squares - self.sum**2 / self.n).clamp_min(0) / (self.n - 1)
        return torch.where(self.n > 1, spread, torch.nan).mean(1)
