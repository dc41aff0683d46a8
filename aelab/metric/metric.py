"""A metric: numbers about a whole split."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from aelab.system import System


class Metric:
    """`update` names the Trace entries it reads, batch by batch; `compute` gives the numbers by name.

    clean: whether it looks at clean inputs, as in use, where others see them corrupted.
    whole: whether it looks at whole photos, one at a time, as Traces of one row; to be final, too.
    final: whether it is too dear for every validation: only finished runs are scored by it.
    fit: of a metric that learns from the training rows first; its parameters name the entries, all rows of
        them at once, on the CPU.
    """

    clean: bool = False
    whole: bool = False
    final: bool = False
    fit: Callable[..., None] | None = None

    @property
    def sees(self) -> Literal["corrupted", "clean", "whole"]:
        return "whole" if self.whole else "clean" if self.clean else "corrupted"

    def reset(self) -> None:
        """Forget what was seen, not what was learnt."""
        raise NotImplementedError

    def update(self, *entries: Any, **named: Any) -> None:
        """Take in one batch."""
        raise NotImplementedError

    def compute(self) -> dict[str, float]:
        """The numbers over all batches since `reset`."""
        raise NotImplementedError

    def objections(self, system: "System") -> Iterable[str]:
        """What of this system the metric cannot work with, a line each, asked before training."""
        return ()
