"""Training the whole autoencoder on the run's loss, or on one of the stage's own."""

from collections.abc import Iterable
from typing import Literal

from aelab.compatible import mismatched
from aelab.loss.term import Term
from aelab.objective import Objective
from aelab.optimizer import MakeOptimizer
from aelab.stage.descent import descend
from aelab.stage.stage import Stage, Work, check_epochs
from aelab.system import System


class Fit(Stage):
    """Minimises L(x, x̂) over all parameters by gradient steps

    epochs: at most the trainer's; null takes the trainer's.
    target: what training rebuilds: x, or x_tilde where clean data is not to be had. Validation compares with
        clean x; callback.checkpoint.monitor=null keeps it from choosing the weights.
    drawn: false trains on codes as they are in use, where the latent draws them: of N(μ, σ²) on μ.
    loss: terms of its own, by name; null takes the run's.
    optimizer: the run's, but for settings that it changes; with a `_target_`, another.
    """

    def __init__(
        self,
        optimizer: MakeOptimizer,
        epochs: int | None = None,
        target: Literal["x", "x_tilde"] = "x",
        drawn: bool = True,
        loss: dict[str, Term] | None = None,
    ) -> None:
        self.epochs, self.target, self.drawn = check_epochs(epochs), target, drawn
        self.loss, self.optimizer = loss, optimizer

    def run(self, work: Work) -> dict[str, float]:
        descend(work, self.view(work.system), work.name, self.optimizer, self.epochs)
        return {}

    def view(self, system: System) -> System:
        """The run's system as this stage trains it."""
        if self.target == "x" and self.drawn and self.loss is None:
            return system
        objective = system.objective if self.loss is None else Objective(self.loss)
        parts = system.dataset, system.corruption, system.model, objective, system.metrics
        return System(*parts, target=self.target, drawn=self.drawn)

    def objections(self, system: System) -> Iterable[str]:
        if self.target == "x_tilde" and not system.corruption.chain:
            yield ".target: x_tilde is x where nothing corrupts it; corruption=salt_and_pepper does"
        if self.loss is not None:
            yield from mismatched(self.view(system))
