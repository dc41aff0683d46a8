"""`dry_run=true`: what a run would be, without training it."""

from math import prod
from typing import Any

from omegaconf import DictConfig, OmegaConf
from torch import nn

from aelab.assemble import Job
from aelab.dataset.dataset import Dataset
from aelab.evaluation import traces
from aelab.plan import plan
from aelab.stage.stage import Stage, capped
from aelab.table import table


def describe(config: DictConfig, job: Job) -> str:
    """Data, shapes, parameters and stages, as text."""
    dataset = job.system.dataset
    settings = OmegaConf.to_container(config.trainer)
    assert isinstance(settings, dict)
    splits = ", ".join(f"{len(rows):,} {name}" for name, rows in dataset.splits.items())
    trace = next(traces(job.system, "train", 2))
    shapes = [
        [name, "b × " + " × ".join(map(str, value.shape[1:])) if value.ndim > 1 else "b"]
        for name, value in trace.items()
        if hasattr(value, "ndim")
    ]
    parameters = [[name, f"{count(part):,}"] for name, part in parts(job).items() if count(part)]
    total = count(job.system)
    world = prod(job.processes)
    stages = [
        [str(i), name, type(stage).__name__.lower(), length(stage, dataset, settings, world)]
        for i, (name, stage) in enumerate(job.recipe.items(), start=1)
    ]
    return "\n\n".join(
        (
            f"data: {splits}",
            table(["Trace", "shape"], shapes).rstrip(),
            table(["part", "parameters"], [*parameters, ["all", f"{total:,}"]]).rstrip(),
            table(["stage", "name", "kind", "length"], stages).rstrip(),
            "dry run: nothing was trained\n",
        )
    )


def length(stage: Stage, dataset: Dataset, trainer: Any, processes: int) -> str:
    """`20 epochs of 844 minibatches of 64`, or of `2 × 64`; nothing of a stage that takes no steps."""
    if not stage.steps:
        return ""
    rows, size = len(dataset.splits["train"]), dataset.batch_size
    pieces = plan(rows, size, capped(stage.epochs, trainer), processes)
    together = f"{processes} × {size}" if processes > 1 else str(size)
    return f"{pieces.epochs} epochs of {pieces.epoch} minibatches of {together}"


def parts(job: Job) -> dict[str, nn.Module]:
    """The modules that a reader thinks of as one."""
    model, objective = job.system.model, job.system.objective
    return {
        **dict(model.named_children()),
        **{f"loss.{name}": term for name, term in objective.terms.items()},
    }


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
