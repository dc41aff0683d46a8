"""The likelihood of rows under a window around every draw of the model."""

import logging
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.errors import at_least
from aelab.loss.mmd import distances
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Decode, Prior

if TYPE_CHECKING:
    from aelab.system import System

log = logging.getLogger(__name__)


class Parzen(Metric):
    """parzen = mean over rows of log 1/S Σ_s N(x; x̂_s, σ² I),  x̂_s = decode(z_s),  z_s ~ p(z), in nats
    parzen_error = its standard error over rows

    σ is the best of `widths` on rows that are not scored with it: every second row of the split is scored
    with the best σ of the others, and these with the best of those. A crude number in many dimensions: far
    below log p(x), and not always in its order.     [Breuleux et al. 2011; Makhzani et al. 2016, tab. 1;
    Theis et al. 2016, sec. 3.2]

    draws: S.
    rows: at most so many of a split.
    widths: the σ to choose from, in model units.
    at_once: numbers that are in memory together.
    """

    final = True

    def __init__(self, draws: int, rows: int, widths: Sequence[float], at_once: int) -> None:
        at_least(draws=(draws, 1), rows=(rows, 2), at_once=(at_once, 1))
        if not widths or min(widths) <= 0:
            raise ValueError(f"widths must be positive and at least one, got {list(widths)}")
        self.draws, self.rows, self.at_once, self.widths = draws, rows, at_once, sorted(widths)

    def objections(self, system: "System") -> Iterable[str]:
        if system.model.condition is not None:
            yield "scores p(x), and this model has p(x given c); model/condition=none has the other"

    def reset(self) -> None:
        self.samples: Tensor | None = None  # x̂, [S, n]
        self.logs: list[Tensor] = []  # log of the mean window, each [b, widths]
        self.n = 0

    def update(  # type: ignore[override]
        self, x: Tensor, prior: Prior, decode: Decode
    ) -> None:
        x = x[: self.rows - self.n].flatten(1)
        if not len(x):
            return
        if self.samples is None:
            z = prior.sample(self.draws).to(x).split(max(1, self.at_once // x.shape[1]))
            self.samples = torch.cat([decode(part)["x_hat"].flatten(1) for part in z])
        self.n += len(x)
        self.logs += [self.log_windows(part) for part in x.split(max(1, self.at_once // self.draws))]

    def log_windows(self, x: Tensor) -> Tensor:
        """[b, n] -> [b, widths]"""
        assert self.samples is not None
        squares = distances(x, self.samples)  # [b, S]
        logs = [
            torch.logsumexp(-squares / (2 * s**2), dim=1) - x.shape[1] * math.log(s * math.sqrt(2 * math.pi))
            for s in self.widths
        ]
        return torch.stack(logs, dim=1).cpu().double() - math.log(self.draws)

    def compute(self) -> dict[str, float]:
        logs = torch.cat(self.logs)
        halves = [logs[::2], logs[1::2]]
        if not len(halves[1]):
            return {}
        best = [int(half.mean(0).argmax()) for half in halves]
        found = torch.cat([halves[0][:, best[1]], halves[1][:, best[0]]])
        if len(self.widths) > 1 and {0, len(self.widths) - 1} & set(best):
            low, high = self.widths[0], self.widths[-1]
            log.warning(f"metric.parzen.widths: the best lies at an end of [{low:g}, {high:g}]; take more")
        return {"parzen": found.mean().item(), "parzen_error": found.std().item() / math.sqrt(len(found))}
