"""The run's objects, and the one way that data flows through them."""

from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn

from aelab.corruption.corruption import Corruptions
from aelab.dataset.dataset import Dataset
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Autoencoder
from aelab.objective import Objective
from aelab.schedule import Clock
from aelab.trace import Trace


class System(nn.Module):
    """dataset -> corruption -> encoder -> latent -> decoder -> terms

    The model and the objective are trained and saved; the data set and the metrics come along.

    target: the entry that training rebuilds, x or, where the data are dirty themselves, x_tilde.
    drawn: whether training draws codes where the latent does, or takes them as they are in use.
    scored: the entry that validation compares with.
    frozen: modules that do not train: each of them stays as it is in use.
    """

    def __init__(
        self,
        dataset: Dataset,
        corruption: Corruptions,
        model: Autoencoder,
        objective: Objective,
        metrics: dict[str, Metric],
        target: str = "x",
        drawn: bool = True,
        scored: str = "x",
        frozen: Iterable[nn.Module] = (),
    ) -> None:
        super().__init__()
        self.target, self.drawn, self.scored = target, drawn, scored
        self.frozen = tuple(frozen)
        self.dataset, self.metrics = dataset, metrics
        self.corruption, self.model = corruption, model
        self.objective = objective.bind(gives(dataset, corruption, model, objective))
        self.objective.prepare(dataset)
        likelihood = objective.likelihood
        self.constants = {} if likelihood is None else {"likelihood": likelihood}  # the same in every Trace
        self.clock = Clock(self)

    def train(self, mode: bool = True) -> "System":
        super().train(mode)
        for module in self.frozen:
            module.training = False
        return self

    def forward(
        self,
        x: Tensor,
        y: Tensor | None = None,
        index: Tensor | None = None,
        in_use: bool = False,
        needed: Collection[str] | None = None,
    ) -> Trace:
        """The Trace of x [b, *shape]; in use, only corruptions that are `always` there apply."""
        return self.passed(self.corrupted(x, y, index, in_use), in_use, needed)

    def passed(self, trace: Trace, in_use: bool = False, needed: Collection[str] | None = None) -> Trace:
        """The whole of a Trace that `corrupted` began, or at least the entries that are needed."""
        trace.update(self.constants)
        return self.model.forward(trace, in_use or not self.drawn, needed)

    def corrupted(
        self, x: Tensor, y: Tensor | None = None, index: Tensor | None = None, in_use: bool = False
    ) -> Trace:
        """The part of the Trace that comes before the encoder."""
        trace = Trace(x=x)
        if y is not None:
            trace["y"] = y
        if index is not None:
            trace["index"] = index
            for name, known in self.dataset.beside(index).items():
                trace[name] = known.to(x.dtype) if known.is_floating_point() else known
        if self.corruption.chain:
            trace.update(self.corruption.forward(x, in_use))
        else:
            trace["x_tilde"] = x
        if (target := self.target if self.training else self.scored) != "x":
            trace["x"] = trace[target]
        return trace

    def entered(self, x: Tensor) -> Trace:
        """The same of a user's own photo [b, c, h, w], which nothing has to corrupt."""
        return Trace(self.corruption.enter(x))

    @property
    def reads(self) -> set[str]:
        """What training needs of the Trace beyond x: an entry that nobody reads is not made."""
        plan, answers = self.objective.plan, self.objective.answers
        names = {*self.model.reads, *(name for _, names in (*plan, *answers) for name in names)}
        return names | ({"index"} if names & self.dataset.knows else set())  # by which it is looked up

    @property
    def device(self) -> torch.device:
        return next((p.device for p in self.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        return next((p.dtype for p in self.parameters()), torch.float32)


def gives(
    dataset: Dataset, corruption: Corruptions, model: Autoencoder, objective: Objective
) -> tuple[str, ...]:
    """The names of all entries of a Trace of these."""
    labels = () if dataset.rows.y is None else ("y",)
    likelihood = () if objective.likelihood is None else ("likelihood",)
    return ("x", *labels, "index", *sorted(dataset.knows), *corruption.gives, *likelihood, *model.gives)
