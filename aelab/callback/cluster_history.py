"""How good the clusters are in the course of a training, and how much they still change."""

from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor

from aelab.errors import at_least
from aelab.evaluation import whole
from aelab.metric.cluster_agreement import agreement
from aelab.training import Training


class ClusterHistory(pl.Callback):
    """Columns of metrics.csv, and curves in the loggers, of training rows in evaluation mode:

    train/nmi_before = 2 I(k; k') / (H(k) + H(k')),  k' the rows' clusters when it looked last
    train/acc, train/nmi, train/ari beside the labels, where there are any

    A training of which no term reads the clusters, as that of the autoencoder before k-means, has none.

    every: epochs from one look to the next; it looks before the first step, too.
    rows: at most about so many, evenly thinned and the same ones every time; null takes all.
    """

    def __init__(self, every: int = 1, rows: int | None = 10_000) -> None:
        at_least(every=(every, 1))
        if rows is not None:
            at_least(rows=(rows, 2))
        self.every, self.rows = every, rows
        self.before: Tensor | None = None
        self.seen = -1  # position of the last look

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        module = cast(Training, pl_module)
        self.step = self.every * module.plan.epoch
        module.chunks.stops |= set(range(0, module.plan.total, self.step))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.look(cast(Training, pl_module))

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object, **__: object
    ) -> None:
        self.look(cast(Training, pl_module))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.look(cast(Training, pl_module), always=True)

    def look(self, module: Training, always: bool = False) -> None:
        """Score, where it is time and was not done."""
        position = module.position.value
        if position == self.seen or not (always or position % self.step == 0):
            return
        from sklearn.metrics import normalized_mutual_info_score  # takes a second to import

        found = self.found(module)
        if found is None:
            return
        clusters, scores = found
        if self.before is not None:
            scores["nmi_before"] = float(normalized_mutual_info_score(self.before, clusters))
        self.before, self.seen = clusters, position
        named = {f"train/{name}": value for name, value in scores.items()}
        if position:
            module.ledger.amend(named, position)
        else:  # metrics.csv has no row of it
            module.ledger.log(named, position)

    def found(self, module: Training) -> tuple[Tensor, dict[str, float]] | None:
        """The rows' clusters and their scores beside the labels; None where no term knows any."""
        system = module.system
        if not {"assignment", "centroids"} & system.reads:
            return None
        thin = 1 if self.rows is None else -(-len(system.dataset.splits["train"]) // self.rows)
        y = () if system.dataset.rows.y is None else ("y",)
        with torch.no_grad():
            seen = whole(system, "train", "assignment", *y, part=slice(None, None, thin))
        clusters = seen["assignment"].argmax(1).cpu()
        if not y:
            return clusters, {}
        known = seen["y"].cpu() >= 0
        return clusters, agreement(clusters[known].numpy(), seen["y"].cpu()[known].numpy())

    def state_dict(self) -> dict[str, Any]:
        return {"seen": self.seen, "before": self.before}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.seen, self.before = state_dict["seen"], state_dict["before"]
