"""Deep embedded clustering: assignments that sharpen themselves."""

from typing import Literal

import torch
from torch import Tensor

from aelab.errors import at_least
from aelab.loss.assigning import Assigning, changed
from aelab.player import Rows
from aelab.schedule import Number


class DEC(Assigning):
    """KL(P ‖ Q) = Σ_k p_ik log(p_ik/q_ik),  p_ik = (q_ik²/f_k) / Σ_j (q_ij²/f_j),  f_k = Σ_i q_ik

    Centroids and encoder follow its gradient; P is a constant. It is made of the assignments of all training
    rows, anew after every `interval` minibatches, and the training ends when fewer than `tolerance` of the
    rows have changed their cluster since the last time.     [Xie et al. 2016, eq. 2, 3]

    Where rows are scored, P is made of their assignments as they are then, and f of the last survey.

    clusters: K.
    target: `soft`, P as above, or `hard`, 1 at the largest p_ik and 0 elsewhere.
    interval: minibatches.
    tolerance: a share of the rows; 0 trains to the last epoch.
    """

    interval: int
    memory = ("cluster", "p")

    def __init__(
        self,
        weight: Number,
        clusters: int,
        target: Literal["soft", "hard"],
        interval: int,
        tolerance: float,
    ) -> None:
        super().__init__(weight)
        at_least(clusters=(clusters, 2), interval=(interval, 1), tolerance=(tolerance, 0))
        self.target, self.interval, self.tolerance = target, interval, tolerance
        self.frequency: Tensor  # f_k/n [K]
        self.p: Tensor | None  # [rows, K], by their numbers in the data set
        self.register_buffer("frequency", torch.full((clusters,), 1 / clusters))

    def forward(self, assignment: Tensor, index: Tensor) -> Tensor:
        kept = self.p if self.training else None
        p = self.sharpened(assignment.detach()) if kept is None else kept[index]
        return (torch.xlogy(p, p) - p * assignment.log()).sum(1)  # [b]

    def sharpened(self, q: Tensor) -> Tensor:
        """P of assignments [b, K]."""
        p = q**2 / self.frequency
        if self.target == "hard":
            return torch.nn.functional.one_hot(p.argmax(1), p.shape[1]).to(p)
        return p / p.sum(1, keepdim=True)

    def survey(self, rows: Rows, seed: int) -> dict[str, float]:
        q = rows("train", "assignment")["assignment"]  # [n, K]
        self.frequency.copy_(q.mean(0))
        if self.p is None:
            self.p = q.new_zeros(self.rows, q.shape[1])
        self.p[self.train_rows.to(q.device)] = self.sharpened(q)
        labels = q.argmax(1)
        told = changed(labels, self.assign(labels))
        self.is_over = told.get("changed", 1.0) < self.tolerance
        return told
