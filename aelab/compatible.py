"""Whether a run's parts fit together: a line for each that does not."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from torch.nn.modules.batchnorm import _BatchNorm

from aelab.callback.checkpoint import Checkpoint
from aelab.dataset.dataset import Dataset
from aelab.errors import suggest
from aelab.evaluation import evaluate, part_names
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.objective import Objective
from aelab.reads import missing
from aelab.stage.descent import val_rows
from aelab.stage.stage import Stage
from aelab.system import System, gives


def mismatched(system: System) -> list[str]:
    """A line for each part of the system that does not fit the others."""
    dataset, model, objective = system.dataset, system.model, system.objective
    there = gives(dataset, system.corruption, model, objective)
    readers = {
        f"loss.{name}": (term.forward, cast(Term, term).needs) for name, term in objective.terms.items()
    }
    moving = {name: player for name, player in objective.players.items() if player.answers}
    readers |= {f"loss.{name}": (player.answer, ()) for name, player in moving.items()}
    readers |= {f"metric.{name}": (metric.update, ()) for name, metric in system.metrics.items()}
    lines = [
        f"{name} reads {', '.join(lacking)}; {explain(lacking, model)}"
        for name, (method, needs) in readers.items()
        if (lacking := [*missing(method, there), *(need for need in needs if need not in there)])
    ]
    if model.condition is not None:
        lines += [f"model.condition: {line}" for line in model.condition.objections(system)]
    lines += [
        f"loss.{name}: {line}"
        for name, term in objective.terms.items()
        for line in cast(Term, term).objections(model)
    ]
    lines += [f"metric.{name}: {line}" for name, m in system.metrics.items() for line in m.objections(system)]
    b, n = dataset.batch_size, len(dataset.splits["train"])
    if n % b == 1 and any(isinstance(part, _BatchNorm) for part in model.modules()):
        lines.append(
            f"dataset.batch_size: {b} leaves {n} rows a last minibatch of one, which has no batch statistics"
        )
    return lines


def out_of_range(dataset: Dataset, objective: Objective) -> list[str]:
    """A line for each likelihood that does not take such data."""
    lines = []
    for name, term in objective.likelihoods.items():
        if term.unit and not dataset.is_unit:
            low, high = dataset.extremes()
            lines.append(
                f"loss.{name}: needs data in [0, 1], this data lies in [{low:.3g}, {high:.3g}]; "
                "loss=[mse] takes any, dataset.scale=unit brings arrays there"
            )
        if not term.unit and dataset.binarize != "none":
            lines.append(
                f"loss.{name}: is a density, binarized pixels are 0 or 1; dataset.binarize=none, or loss=bce"
            )
    return lines


def unmade(system: System, recipe: Mapping[str, Stage]) -> list[str]:
    """A line where the latent has centroids that no stage finds."""
    made = {entry for stage in recipe.values() for entry in stage.makes}
    if "centroids" not in system.model.latent.gives or "centroids" in made:
        return []
    return ["model.latent: no stage finds its centroids; recipe=fit_kmeans has one that does"]


def explain(lacking: list[str], model: Autoencoder) -> str:
    """Who would give what is lacking, or who does not."""
    return "; ".join(dict.fromkeys(GIVERS.get(entry) or of_latent(entry, model) for entry in lacking))


def of_latent(entry: str, model: Autoencoder) -> str:
    if entry in ("q", "mean", "logvar"):
        return "model/latent=gaussian gives a distribution"
    latent = type(model.latent).__module__.rpartition(".")[2]
    return f"model/latent={latent} gives {', '.join(model.latent.gives)}"


GIVERS = {
    "y": "this data has no labels",
    "factors": "this data knows no factors; dataset=shapes does",
    "attributes": "this data has no attributes; dataset=coloured_shapes has",
    "anomaly": "nothing says which rows are normal; dataset.normal=CLASS does",
    "segment": "this data has no segment; dataset=coloured_shapes has",
    "mask": "no corruption gives a mask; corruption=block does",
    **dict.fromkeys(
        ("centroids", "assignment"),
        "this model makes no clusters; model/latent=clusters recipe=fit_kmeans does",
    ),
    "c": "model/condition=none gives none; model/condition=label does",
    "likelihood": "among the losses exactly one must be a likelihood, as bce or gaussian is",
    **dict.fromkeys(
        ("x_foreground", "x_background", "gate_logits"), "model=layered gives layers and their gate"
    ),
}
"""Of entries of the Trace that not every run has."""


def unmonitored(
    callbacks: Mapping[str, Any], system: System, trainer: Mapping[str, Any] | None = None
) -> Iterable[str]:
    """A line for each callback that monitors a metric which this run will not have.

    trainer: Lightning's settings, which may leave no rows to validate on.
    """
    dataset = system.dataset
    validates = val_rows(len(dataset.splits.get("val", ())), dataset.batch_size, trainer or {}) > 0
    known = {f"{split}/{name}" for split in ("train", "val") for name in part_names(system)}
    for name, callback in callbacks.items():
        monitor = getattr(callback, "monitor", None)
        if monitor is None:
            continue
        if not validates and monitor.startswith("val/") and not isinstance(callback, Checkpoint):
            yield (
                f"callback.{name}.monitor: '{monitor}' takes rows to validate on, and this run has none; "
                "train/loss is there without"
            )
            continue
        if monitor in known:
            continue
        # asked only now, since it takes a pass through the nets
        known |= {f"val/{metric}" for metric in evaluate(system, "train", 2)}
        if monitor not in known:
            there = suggest(monitor, known) or f"; there are {', '.join(sorted(known))}"
            yield f"callback.{name}.monitor: no metric '{monitor}'{there}"


def moving(callbacks: Mapping[str, Any], system: System) -> Iterable[str]:
    """A line for each callback that monitors a loss which a player moves; the run goes on."""
    for name, callback in callbacks.items():
        monitor = getattr(callback, "monitor", None)
        validates = "val" in system.dataset.splits
        if system.objective.players and monitor in ("train/loss", *(["val/loss"] if validates else [])):
            yield (
                f"callback.{name}.monitor: '{monitor}' has a player's part, least where that errs most; "
                f"callback.{name}.monitor=val/mse, or null for the last weights, stands still"
            )
