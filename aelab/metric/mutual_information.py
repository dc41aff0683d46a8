"""What the draws of a variational code tell about which row they come from."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution

from aelab.errors import at_least
from aelab.metric.metric import Metric


class MutualInformation(Metric):
    """mutual_information = I(x; z) = E_n KL( q(z given x_n) ‖ q(z) ),  q(z) = 1/N Σ_n q(z given x_n), in nats

    0 ≤ I ≤ log N: who knows the row knows no more than that. One draw of z for each row.
    [Hoffman & Johnson 2016, eq. 6]

    rows: N, at most so many of a split; time grows with its square.
    at_once: numbers that are in memory together.
    """

    final = True

    def __init__(self, rows: int, at_once: int) -> None:
        at_least(rows=(rows, 2), at_once=(at_once, 1))
        self.rows, self.at_once = rows, at_once

    def reset(self) -> None:
        # q(z given x) of a batch, and its draws that count
        self.parts: list[tuple[Distribution, Tensor]] = []
        self.n = 0

    def update(self, q: Distribution, z: Tensor) -> None:  # type: ignore[override]
        left = self.rows - self.n
        if left > 0:
            self.parts.append((q, z[:left]))
            self.n += len(z[:left])

    def compute(self) -> dict[str, float]:
        total = 0.0
        for q, draws in self.parts:
            total += q.log_prob(padded(draws, q))[: len(draws)].double().sum().item()
            for z in draws.split(max(1, self.at_once // (draws.shape[1] * self.n))):
                logs = [other.log_prob(z[:, None])[:, : len(own)] for other, own in self.parts]  # each [k, b]
                total -= torch.logsumexp(torch.cat(logs, dim=1), dim=1).double().sum().item()
        return {"mutual_information": total / self.n + math.log(self.n)}


def padded(z: Tensor, q: Distribution) -> Tensor:
    """z [k, d] as many rows as q has, so that each meets its own."""
    return torch.cat([z, z[:1].expand(q.batch_shape[0] - len(z), -1)])
