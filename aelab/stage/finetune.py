"""Supervised fine-tuning: the encoder and a softmax, trained on labels."""

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.dataset import Dataset
from aelab.dataset.split import hold_out
from aelab.evaluation import score
from aelab.loss.cross_entropy import CrossEntropy
from aelab.metric.error import Error
from aelab.model.autoencoder import Autoencoder
from aelab.model.classifier import Classifier
from aelab.objective import Objective
from aelab.optimizer import MakeOptimizer
from aelab.seed import derive
from aelab.stage.descent import descend
from aelab.stage.stage import Stage, Work, check_epochs
from aelab.system import System


class Finetune(Stage):
    """−log softmax(V z + c)_y over the weights of encoder and softmax     [Hinton & Salakhutdinov 2006]

    Works on a copy, so that the autoencoder stays as it was trained. Gives `finetuned_error`, and beside it
    `scratch_error`, of the same net from random weights, with the same rows, settings and first softmax; the
    minibatches' order and all other draws are its own. The last epoch counts, its rate near nothing: epochs
    differ by a handful of validation rows, and the best of so many would be a lucky one, not a better.

    epochs: at most the trainer's; null takes the trainer's.
    labels: how many labelled rows are used, a fraction or a number, the same share of every class; of the
        validation rows as large a fraction.
    dropout: of the code, before the softmax.
    corruption: of the inputs, by name, in training and its `val/loss`; errors are of inputs without it. What
        is `always` there in the run stays in all.
    scratch: whether to train the net from random weights too.
    optimizer: the run's, but for settings that it changes; with a `_target_`, another.
    """

    aside = True

    def __init__(
        self,
        optimizer: MakeOptimizer,
        epochs: int | None = None,
        labels: float = 1.0,
        dropout: float = 0.0,
        corruption: Mapping[str, Corruption] | None = None,
        scratch: bool = True,
    ) -> None:
        if not 0 < labels <= 1 and (labels < 1 or labels != int(labels)):
            raise ValueError(f"labels must be a fraction in (0, 1] or a whole number of rows, got {labels}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        self.epochs, self.labels, self.dropout = check_epochs(epochs), labels, dropout
        self.corruption, self.scratch = corruption or {}, scratch
        self.optimizer = optimizer

    def run(self, work: Work) -> dict[str, float]:
        dataset = labelled(work.system.dataset, self.labels)
        metrics = self.train(work, work.name, work.system.model, dataset, "finetuned_error")
        if self.scratch:
            name = f"{work.name}.scratch"
            metrics |= self.train(work, name, work.make_model(), dataset, "scratch_error")
        return metrics

    def train(
        self, work: Work, name: str, model: Autoencoder, dataset: Dataset, metric: str
    ) -> dict[str, float]:
        """The errors of a classifier that begins with this model's encoder."""
        torch.manual_seed(derive(work.seed, "softmax"))
        classifier = Classifier(model, dataset.classes, self.dropout)
        parts = {key: part for key, part in work.make_corruptions().items() if part.always}
        corruption = Corruptions(parts | copy.deepcopy(dict(self.corruption)))
        objective = Objective({"cross_entropy": CrossEntropy()})
        system = System(dataset, corruption, classifier, objective, {"error": Error()})
        descend(work, system, name, self.optimizer, self.epochs, chooses=False)
        splits = [split for split in ("val", work.system.dataset.final) if split in dataset.splits]
        found = score(system, splits)
        return {f"{s}/{metric}": found[f"{s}/error"] for s in splits if f"{s}/error" in found}

    def objections(self, system: System) -> Iterable[str]:
        y = system.dataset.rows.y
        known = 0 if y is None else int((y[system.dataset.splits["train"]] >= 0).sum())
        if not known:
            yield "fine-tuning needs labels, and this data has none; recipe=single trains without"
        elif self.labels > 1 and self.labels > known:
            yield f".labels: {int(self.labels)} are asked for, {known} training rows have one"
        else:
            n, b = (
                len(labelled(system.dataset, self.labels).splits.get("train", ())),
                system.dataset.batch_size,
            )
            if not n:
                yield f".labels: {self.labels:g} of {known} labelled training rows are none"
            elif n % b == 1 and any(isinstance(part, _BatchNorm) for part in system.model.encoder.modules()):
                yield (
                    f".labels: {n} rows in minibatches of {b} leave a last one of one, which has no batch "
                    "statistics"
                )


def labelled(dataset: Dataset, labels: float) -> Dataset:
    """The data set with so much of its labelled training and validation rows, drawn once."""
    y, train = dataset.rows.y, dataset.splits["train"]
    assert y is not None
    y = y.cpu()
    known = int((y[train] >= 0).sum())
    fraction = labels if labels <= 1 else labels / known

    def share(rows: Tensor) -> Tensor:
        rows = rows[y[rows] >= 0]
        return rows if fraction >= 1 else hold_out(rows, fraction, y, dataset.split_seed)[1]

    chosen = copy.copy(dataset)
    chosen.splits = {
        name: share(rows) if name in ("train", "val") else rows[y[rows] >= 0]
        for name, rows in dataset.splits.items()
    }
    chosen.splits = {name: rows for name, rows in chosen.splits.items() if len(rows)}
    return chosen
