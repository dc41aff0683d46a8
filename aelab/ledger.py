"""The losses of a stage, from minibatches on the device to epochs in the history and the loggers."""

from collections.abc import Iterable
from math import fsum, isfinite
from typing import Any

import torch
from pytorch_lightning.loggers import Logger
from torch import Tensor

from aelab.errors import Diverged
from aelab.history import History
from aelab.plan import Plan
from aelab.processes.group import averaged


class Ledger:
    """Takes in every minibatch's losses and closes the account at the end of each epoch.

    names: `loss`, `loss.<term>` where there are several terms, and `answer.<term>` of players that answer.
    terms: the objective's terms, to name the one that diverged.
    log_every: minibatches between two `step/loss` in the loggers; None for epochs' means only.
    prefix: of the names in the loggers.
    """

    def __init__(
        self,
        stage: str,
        names: list[str],
        terms: list[str],
        plan: Plan,
        history: History,
        log_every: int | None,
        prefix: str = "",
    ) -> None:
        self.stage, self.names, self.terms, self.plan = stage, names, terms, plan
        self.history, self.log_every, self.prefix = history, log_every, prefix
        self.loggers: Iterable[Logger] = ()
        self.pending: list[Tensor] = []  # of this chunk, on the device: a list costs a step next to nothing
        self.losses: list[float] = []  # of this epoch
        self.notes: dict[str, float] = {}  # of this epoch, each as it was said last
        self.latest: dict[str, float] = {}  # the last epoch's means, and the last validation's scores

    def collect(self, position: int) -> None:
        """Bring the pending losses to the host, at once. Raises Diverged at the first that is not finite."""
        if not self.pending:
            return
        values, k = averaged(torch.stack(self.pending).double()).tolist(), len(self.names)
        self.pending.clear()
        first = position - len(values) // k  # the position of the first of them
        for i, value in enumerate(values):
            if not isfinite(value):
                self.diverged(first + i // k, values[i - i % k :][:k])
        self.losses += values
        if self.log_every:
            for i, loss in enumerate(values[::k], start=first + 1):
                if i % self.log_every == 0:
                    self.log({"step/loss": loss}, i)

    def diverged(self, position: int, losses: list[float]) -> None:
        named = zip(self.names, losses, strict=True)
        wrong = [name for name, loss in named if not isfinite(loss) and name != "loss"]
        raise Diverged(
            ", ".join(wrong or [f"loss.{term}" for term in self.terms]),
            self.stage,
            position // self.plan.epoch + 1,
            position + 1,
        )

    def note(self, values: dict[str, float], position: int) -> None:
        """Numbers that are no mean over minibatches, for the row of the epoch under way."""
        self.notes |= values
        self.log(values, position)

    def close(self, position: int, lr: float) -> None:
        """A row of the history: the means over the samples of the epoch that ends here."""
        self.collect(position)
        k = len(self.names)
        begun = position - len(self.losses) // k
        sizes = [self.plan.size(p) for p in range(begun, position)]
        columns = [self.losses[i::k] for i in range(k)]
        means = [
            fsum(n * loss for n, loss in zip(sizes, column, strict=True)) / sum(sizes) for column in columns
        ]
        self.losses = []
        changed = lr != self.latest.get("lr")
        row = {f"train/{name}": mean for name, mean in zip(self.names, means, strict=True)}
        self.latest = {**row, **self.notes, "lr": lr}
        self.notes = {}
        epoch = -(-position // self.plan.epoch)
        self.history.add(stage=self.stage, epoch=epoch, step=position, **self.latest)
        self.log(self.latest if changed else row, position)  # a logger takes 0.1 ms for each number

    def amend(self, scores: dict[str, float], position: int) -> None:
        """Validation's scores, to the epoch that was closed last."""
        self.history.amend(**scores)
        self.latest |= scores
        self.log(scores, position)

    def log(self, values: dict[str, Any], position: int) -> None:
        named = {f"{self.prefix}{name}": value for name, value in values.items()} if self.prefix else values
        for logger in self.loggers:
            logger.log_metrics(named, step=position)
