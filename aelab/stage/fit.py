"""Training the autoencoder, or a part of it, on the run's loss, or on one of the stage's own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, cast

from torch import nn

from aelab.compatible import mismatched
from aelab.errors import suggest
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.objective import Objective
from aelab.optimizer import MakeOptimizer
from aelab.stage.descent import descend
from aelab.stage.stage import Stage, Work, check_epochs
from aelab.system import System


class Fit(Stage):
    """Minimises L(x, x̂) over all parameters, or a part's, by gradient steps

    epochs: at most the trainer's; null takes the trainer's.
    part: which of the model's parts trains: encoder, decoder; low, high, map of model=coupled; null is all.
        One that is an autoencoder itself trains as such, on what it sees, and without the run's metrics; of
        another the rest of the model stands still, as it is in use.
    target: what training rebuilds: x, or x_tilde where clean data is not to be had. Validation compares with
        clean x; callback.checkpoint.monitor=null keeps it from choosing the weights. An autoencoder that is a
        part is compared with its own target.
    drawn: false trains on codes as they are in use, where the latent draws them: of N(μ, σ²) on μ.
    loss: terms of its own, by name; null takes the run's.
    optimizer: the run's, but for settings that it changes; with a `_target_`, another.
    """

    def __init__(
        self,
        optimizer: MakeOptimizer,
        epochs: int | None = None,
        part: str | None = None,
        target: Literal["x", "x_tilde"] = "x",
        drawn: bool = True,
        loss: dict[str, Term] | None = None,
    ) -> None:
        self.epochs, self.part, self.target, self.drawn = check_epochs(epochs), part, target, drawn
        self.loss, self.optimizer = loss, optimizer

    def run(self, work: Work) -> dict[str, float]:
        with self.standing(work.system.model):
            descend(work, self.view(work.system), work.name, self.optimizer, self.epochs)
        return {}

    def view(self, system: System) -> System:
        """The run's system as this stage trains it."""
        if self.part is None and self.target == "x" and self.drawn and self.loss is None:
            return system
        model, part = system.model, self.trained(system.model)
        # the run's terms stay bound to the run's own model
        terms = cast(dict[str, Term], dict(system.objective.terms.items()))
        objective = Objective(terms if self.loss is None else self.loss)
        if isinstance(part, Autoencoder) and part is not model:
            own = {"target": self.target, "drawn": self.drawn, "scored": self.target}
            return System(system.dataset, system.corruption, part, objective, {}, **own)
        parts = system.dataset, system.corruption, model, objective, system.metrics
        moves = set(part.modules())
        frozen = () if part is model else [module for module in model.modules() if module not in moves]
        return System(*parts, target=self.target, drawn=self.drawn, frozen=frozen)

    def trained(self, model: Autoencoder) -> nn.Module:
        """The part that trains, or the whole model."""
        return model if self.part is None else model.get_submodule(self.part)

    @contextmanager
    def standing(self, model: Autoencoder) -> Iterator[None]:
        """In this block, parameters of the model that this stage does not train take no gradient."""
        moves = {id(p) for p in self.trained(model).parameters()}
        still = [p for p in model.parameters() if id(p) not in moves and p.requires_grad]
        for p in still:
            p.requires_grad_(False)
        try:
            yield
        finally:
            for p in still:
                p.requires_grad_(True)

    def objections(self, system: System) -> Iterable[str]:
        if self.target == "x_tilde" and not system.corruption.chain:
            yield ".target: x_tilde is x where nothing corrupts it; corruption=salt_and_pepper does"
        there = dict(system.model.named_modules())
        if self.part is not None and (self.part not in there or not self.part):
            own = [
                name for name, part in system.model.named_children() if any(True for _ in part.parameters())
            ]
            close = suggest(self.part, there)
            yield f".part: no '{self.part}' in this model{close or '; it has ' + ', '.join(own)}"
        elif self.part is not None or self.loss is not None:
            yield from mismatched(self.view(system))
