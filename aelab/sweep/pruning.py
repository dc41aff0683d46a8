"""A trial of a search that tells how it goes, and ends where the search has seen enough of it."""

from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
from hydra.errors import CompactHydraException
from omegaconf import OmegaConf

from aelab.build import build
from aelab.files import read_json, write_json
from aelab.training import Training

FILE = "trial.json"
STATUS = "pruned"


class Pruned(CompactHydraException):
    """The search ends this trial."""


class Pruning(pl.Callback):
    """Reports the objective to the study after every validation, and raises Pruned where its pruner says so.

    storage, study, trial: where it is told, and of which trial.
    pruner: the settings of the study's, which its storage does not hold.
    objective: the metric.
    """

    def __init__(self, storage: str, study: str, trial: int, pruner: dict[str, Any], objective: str) -> None:
        self.storage, self.study, self.trial = storage, study, trial
        self.pruner, self.objective = pruner, objective
        self.told: Any = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = cast(Training, pl_module)
        value, step = module.ledger.latest.get(self.objective), module.position.value
        if value is None or trainer.sanity_checking:
            return
        if self.told is None:
            import optuna

            optuna.logging.set_verbosity(optuna.logging.ERROR)
            pruner = build(OmegaConf.create(self.pruner))
            study = optuna.load_study(study_name=self.study, storage=self.storage, pruner=pruner)
            self.told = optuna.trial.Trial(study, self.trial)
        if step not in self.told.study.trials[self.told.number].intermediate_values:
            self.told.report(value, step)
        if self.told.should_prune():
            raise Pruned(f"pruned after {step} minibatches at {self.objective} {value:.4g}")


def write(folder: Path, **told: Any) -> None:
    """What Pruning takes, for the process that will train the trial."""
    write_json(folder / FILE, told)


def of(folder: Path) -> list[pl.Callback]:
    """The callback of a run that is a trial."""
    told = read_json(folder / FILE)
    return [] if told is None else [Pruning(**told)]
