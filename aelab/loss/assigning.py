"""Terms that remember which cluster every training row is in."""

import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.loss.term import Term
from aelab.player import Player
from aelab.schedule import Number


class Assigning(Term, Player):
    """cluster: [rows] by their numbers in the data set, -1 where a row was given none; None at first."""

    memory = ("cluster",)

    def __init__(self, weight: Number) -> None:
        super().__init__(weight)
        self.cluster: Tensor | None
        for name in self.memory:
            self.register_buffer(name, None, persistent=False)

    def prepare(self, dataset: Dataset) -> None:
        self.rows, self.train_rows = len(dataset.rows.x), dataset.splits["train"]

    def assign(self, labels: Tensor) -> Tensor | None:
        """Give the training rows these clusters [n], in their order; those that they had, None at first."""
        place = self.train_rows.to(labels.device)
        before = None if self.cluster is None else self.cluster[place]
        self.cluster = torch.full((self.rows,), -1, device=labels.device)
        self.cluster[place] = labels
        return before


def changed(labels: Tensor, before: Tensor | None) -> dict[str, float]:
    """The share of rows whose cluster is another, [n] and [n]; nothing where there was none before."""
    return {} if before is None else {"changed": (labels != before).double().mean().item()}
