"""The objective: L = Σ w·term, averaged over the batch."""

from collections.abc import Collection

from torch import Tensor, nn

from aelab.dataset.dataset import Dataset
from aelab.loss.term import Likelihood, Term
from aelab.player import Critic, Player
from aelab.reads import available
from aelab.trace import Trace


class Objective(nn.Module):
    """The weighted terms of a run, by name."""

    def __init__(self, terms: dict[str, Term]) -> None:
        super().__init__()
        self.terms = nn.ModuleDict()
        self.terms._modules.update(terms)  # its own way refuses names of a module's methods: half, type
        self.plan: list[tuple[Term, tuple[str, ...]]] = []
        self.answers: list[tuple[Player, tuple[str, ...]]] = []

    @property
    def players(self) -> dict[str, Player]:
        """The terms that are players, by name."""
        return {name: term for name, term in self.terms.items() if isinstance(term, Player)}

    @property
    def critics(self) -> list[Critic]:
        """The players with parameters of their own."""
        return [player for player in self.players.values() if isinstance(player, Critic)]

    @property
    def likelihoods(self) -> dict[str, Likelihood]:
        """Terms that are likelihoods, and those inside other terms, by their dotted names."""
        return {name: part for name, part in self.terms.named_modules() if isinstance(part, Likelihood)}

    @property
    def likelihood(self) -> Likelihood | None:
        """The run's one likelihood; None where it has none or several."""
        found = list(self.likelihoods.values())
        return found[0] if len(found) == 1 else None

    @property
    def link(self) -> str:
        """The activation that the likelihood gives the decoder, identity without one."""
        return self.likelihood.link if self.likelihood else "identity"

    @property
    def maps(self) -> int:
        """Maps that the decoder must give."""
        return max((term.maps for term in self.likelihoods.values()), default=1)

    def bind(self, gives: Collection[str]) -> "Objective":
        """Fix what each term and player reads, once, so that a step does not ask again."""
        self.plan = [(term, available(term.forward, gives)) for term in self._terms()]
        moving = [player for player in self.players.values() if player.answers]
        self.answers = [(player, available(player.answer, gives)) for player in moving]
        return self

    def prepare(self, dataset: Dataset) -> None:
        """Tell every term which data it will see."""
        for term in self._terms():
            term.prepare(dataset)

    def _terms(self) -> list[Term]:
        return list(self.terms.values())  # type: ignore[arg-type]

    def forward(self, trace: Trace) -> tuple[Tensor, list[Tensor]]:
        """The total [] and each term's own, unweighted mean []."""
        total, parts = None, []
        for term, names in self.plan:
            part = term(**{name: trace[name] for name in names}).mean()
            parts.append(part)
            weighted = part if term.weight == 1 else term.weight * part
            total = weighted if total is None else total + weighted
        assert total is not None
        return total, parts
