"""What the runs of a sweep are compared by: `objective`, one validation metric or several."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from aelab.comparison import better
from aelab.errors import UserError, suggest

if TYPE_CHECKING:
    from aelab.assemble import Job

Direction = Literal["minimize", "maximize"]


def names(given: Any) -> list[str]:
    """Of the metrics; none of null. Raises UserError for what would choose by the test split."""
    found: list[str] = [given] if isinstance(given, str) else list(given or ())
    for name in found:
        if not name.startswith("val/"):
            raise UserError(f"objective: takes validation metrics, such as val/loss, got '{name}'")
    return found


def directions(objectives: Sequence[str], given: Any) -> list[Direction]:
    """Of each objective, as it was told, or as the metric is known."""
    told = [given] * len(objectives) if given is None or isinstance(given, str) else list(given)
    if len(told) != len(objectives):
        raise UserError(f"hydra.sweeper.direction: takes one for each of {', '.join(objectives)}")
    known: dict[int, Direction] = {1: "maximize", -1: "minimize"}
    found: list[Direction] = []
    for name, one in zip(objectives, told, strict=True):
        one = one or known.get(better(name))
        if one != "minimize" and one != "maximize":
            raise UserError(f"hydra.sweeper.direction: minimize or maximize '{name}'?")
        found.append(one)
    return found


def reported(objectives: Iterable[str], metrics: Iterable[str]) -> None:
    """Raises UserError for the first that is not among a run's metrics."""
    there = list(dict.fromkeys(name for name in metrics if name.startswith("val/")))
    for name in objectives:
        if name not in there:
            known = f"; there are {', '.join(there)}" if there else "; it has no rows to validate on"
            raise UserError(f"objective: no run reports '{name}'{suggest(name, there) or known}")


def reportable(objectives: Sequence[str], job: "Job") -> None:
    """The same before training, where it can be known: metrics that are taken in the end alone, and stages
    that score what they train, report what nobody has asked them yet."""
    from aelab.evaluation import evaluate

    late = any(metric.final for metric in job.system.metrics.values())
    if not objectives or late or any(stage.aside for stage in job.recipe.values()):
        return
    has_rows = len(job.system.dataset.splits.get("val", ())) > 0
    reported(objectives, [f"val/{name}" for name in evaluate(job.system, "train", 2)] if has_rows else [])
