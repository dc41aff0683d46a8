"""aelab's sweepers, in the one package where Hydra looks for plugins; what they do is in aelab/sweep."""

from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from aelab.errors import UserError


class Grid(Sweeper):
    """Every combination of the values that settings are given.

    resume: whether the sweep's folder holds it already, and only what is missing there is to be trained.
    """

    def __init__(self, resume: bool) -> None:
        self.resume = resume

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.config = hydra_context, config

    def sweep(self, arguments: list[str]) -> None:
        from aelab.app import speaking
        from aelab.sweep.grid import sweep_grid
        from aelab.sweep.pool import early

        assert self.hydra_context is not None and self.config is not None
        with speaking(), early(self.config):
            sweep_grid(self.hydra_context, self.config, arguments, self.resume)


class Optuna(Grid):
    """Trials whose settings an Optuna study draws, as conf/hydra/sweeper/optuna.yaml says."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def sweep(self, arguments: list[str]) -> None:
        from aelab.app import speaking
        from aelab.sweep.pool import early

        assert self.hydra_context is not None and self.config is not None
        with speaking(), early(self.config):
            try:
                from aelab.sweep.search import sweep_search
            except ModuleNotFoundError as missing:
                raise UserError("hydra/sweeper=optuna: needs pip install 'aelab[optuna]'") from missing
            sweep_search(self.hydra_context, self.config, arguments, self.config.hydra.sweeper)
