"""From a composed config to the run's objects: what is wrong is found here, all of it, before training."""

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from omegaconf import DictConfig, OmegaConf, open_dict
from pytorch_lightning.strategies import DDPStrategy

from aelab.build import build, locate
from aelab.check import drop_leftovers, drop_unfitting, problems
from aelab.compatible import mismatched, moving, out_of_range, unmade, unmonitored
from aelab.corruption.corruption import Corruptions
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import Problems, UserError
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Autoencoder
from aelab.objective import Objective
from aelab.optimizer import make_optimizer, with_optimizers
from aelab.plan import plan
from aelab.processes.cluster import Cluster
from aelab.stage.stage import Stage
from aelab.system import System

if TYPE_CHECKING:
    from aelab.figure.figure import Figure

notice = logging.getLogger("aelab.notice")

LISTS = ("corruption", "loss", "metric", "figure", "baseline", "logger", "callback")
"""Groups whose choice may be a list: mappings by name."""

SUPPLIED = (
    "shape",
    "target",
    "maps",
    "link",
    "classes",
    "names",
    "attributes",
    "condition",
    "params",
    "optimizer",
    "folder",
    "save_dir",
)
"""Arguments that the program gives."""

SCHEMA = {
    "seed": int,
    "name": str | None,
    "dry_run": bool,
    "objective": str | list[str] | None,
    "fail_fast": bool,
    "recipe": dict[str, Stage],
    "matmul_precision": Literal["highest", "high", "medium"],
    "model.latent.dim": int | None,
    "model.prior.dim": int | None,
    "clusters": int,
    "reuse": bool,
}
"""Settings that belong to no class, and those that the program fills in where they are null."""


@dataclass
class Job:
    """The objects of a run.

    processes: on each machine, and on how many of these.
    """

    system: System
    recipe: dict[str, Stage]
    figures: dict[str, Any]
    baselines: dict[str, Any]
    loggers: list[Any]
    callbacks: list[Any]
    processes: tuple[int, int]


def check(config: DictConfig, typed: Sequence[str] = ()) -> list[str]:
    """Raise UserError with all problems that show without building; the notices of what was dropped."""
    with open_dict(config):  # figure=[] is figure=none
        for group in LISTS:
            config.setdefault(group, {})
    notices = [*drop_leftovers(config, (*LISTS, "recipe")), *drop_unfitting(config, typed)]
    found = problems(config, SCHEMA, SUPPLIED) or problems(with_optimizers(config).recipe, SCHEMA, SUPPLIED)
    if not config.loss:
        found.append("loss: at least one term is needed, for example loss=[mse]")
    if any(word.startswith("clusters=") for word in typed) and "${clusters}" not in OmegaConf.to_yaml(config):
        found.append("clusters: nothing of this run makes any; experiment=ae_kmeans does, or kmeans")
    if found:
        raise UserError(*found)
    return notices


def assemble(config: DictConfig, folder: Path) -> Job:
    """The objects of a checked config: data read, nets built, and all that must fit together compared."""
    torch.manual_seed(config.seed)
    torch.set_float32_matmul_precision(config.matmul_precision)
    config.dataset.root = str(Path(config.dataset.root).expanduser())
    wrong, whole = Problems(), with_optimizers(config)
    figures, baselines = (wrong.attempt(build, config[group]) for group in ("figure", "baseline"))
    recipe = wrong.attempt(build_recipe, whole)
    loggers = wrong.attempt(build_each_in, config.logger, save_dir=str(folder))
    callbacks = wrong.attempt(build_each_in, config.callback, folder=folder / "checkpoints")
    trainer = wrong.attempt(build, config.trainer, **QUIET, plugins=[Cluster()])
    trial = [torch.nn.Parameter(torch.zeros(1))]
    wrong.attempt(make_optimizer, config.optimizer, trial)
    system = wrong.attempt(assemble_system, config)
    wrong.stop()
    system = cast(System, system)
    for node in whole.recipe.values():
        if "optimizer" in node:
            wrong.attempt(make_optimizer, node.optimizer, trial)
    watching = dict(zip(config.callback, callbacks, strict=True))
    wrong.lines += unmonitored(watching, system, config.trainer)
    wrong.lines += [
        f"recipe.{name}{'' if line.startswith('.') else ': '}{line}"
        for name, stage in recipe.items()
        for line in stage.objections(system)
    ]
    wrong.lines += [
        f"baseline.{name}: {line}"
        for name, baseline in baselines.items()
        for line in baseline.objections(system.dataset)
    ]
    wrong.lines += unmade(system, recipe)
    wrong.lines += not_drawn(figures, system.dataset)
    wrong.stop()
    for line in moving(watching, system):
        notice.info(line)
    x, x_tilde = system.dataset.shape, system.corruption.output_shape(system.dataset.shape)
    blind = [name for name, baseline in baselines.items() if x_tilde != x and not baseline.reshapes]
    if blind:
        names = ", ".join(blind)
        notice.info(f"baseline: {names} would learn from {list(x)} and be given {list(x_tilde)}; left out")
        baselines = {name: baseline for name, baseline in baselines.items() if name not in blind}
        config.baseline = {name: node for name, node in config.baseline.items() if name not in blind}
    try:
        plan(len(system.dataset.splits["train"]), system.dataset.batch_size, config.trainer)
    except ValueError as error:
        raise UserError(str(error)) from error
    with open_dict(config):  # so that later commands find the files from any folder
        for name in ("root", "file"):
            path = config.dataset.get(name)
            if isinstance(path, str) and (name == "root" or Path(path).is_file()):
                config.dataset[name] = str(Path(path).absolute())
    processes = trainer.num_devices, trainer.num_nodes
    if prod(processes) > 1 and not isinstance(trainer.strategy, DDPStrategy):
        raise UserError(
            f"trainer.strategy: several processes train by ddp, not by {type(trainer.strategy).__name__}"
        )
    return Job(system, recipe, figures, baselines, loggers, callbacks, processes)


def not_drawn(figures: "Mapping[str, Figure]", dataset: Dataset) -> list[str]:
    """A line for each figure that cannot be drawn of such data."""
    return [f"figure.{name}: {line}" for name, one in figures.items() for line in one.objections(dataset)]


QUIET = {"logger": False, "callbacks": None, "enable_checkpointing": False, "enable_progress_bar": False}


def build_recipe(config: DictConfig) -> dict[str, Stage]:
    """The stages by name, those that descend given what makes their optimizers."""
    wrong, recipe = Problems(), {}
    for name, node in config.recipe.items():
        own = {"optimizer": functools.partial(make_optimizer, node.get("optimizer") or config.optimizer)}
        recipe[name] = wrong.attempt(build, node, **taken(node, own))
    wrong.stop()
    return recipe


def build_each_in(nodes: Mapping[str, DictConfig], **place: Any) -> list[Any]:
    """The objects of a mapping by name, those that write told where."""
    wrong = Problems()
    built = [wrong.attempt(build, node, **taken(node, place)) for node in nodes.values()]
    wrong.stop()
    return built


def taken(node: DictConfig, extra: dict[str, Any]) -> dict[str, Any]:
    """Those of the extra arguments that the node's target has."""
    from aelab.check import parameters

    names, _ = parameters(locate(node["_target_"]))
    return {name: value for name, value in extra.items() if name in names}


def assemble_system(config: DictConfig) -> System:
    """Data, corruption, nets, objective and metrics of a config, and whether they fit together."""
    wrong = Problems()
    # what could not be built is replaced by nothing at all, so that the rest is still looked at
    corrupting: Corruptions | None = wrong.attempt(lambda: Corruptions(build(config.corruption)))
    chain = corrupting or Corruptions({})
    aimed: Objective | None = wrong.attempt(lambda: Objective(build(config.loss)))
    objective = aimed or Objective({})
    metrics: dict[str, Metric] = wrong.attempt(build, config.metric) or {}
    dataset: Dataset | None = wrong.attempt(lambda: build(config.dataset).setup())
    model: Autoencoder | None = wrong.attempt(
        build_model, config.model, dataset or unread(), chain, objective
    )
    if dataset is not None:
        wrong.lines += out_of_range(dataset, objective)
    if dataset is not None and model is not None:
        system = System(dataset, chain, model, objective, metrics)
        if corrupting is not None and aimed is not None:  # else what they would give is missing, too
            wrong.lines += mismatched(system)
        wrong.stop()
        return system
    wrong.stop()
    raise AssertionError("unreachable: what is not there has said why")


def assemble_model(config: DictConfig, like: System) -> Autoencoder:
    """Another model of the config, untrained, for the same data and terms."""
    return build_model(config.model, like.dataset, like.corruption, like.objective)


def build_model(node: DictConfig, dataset: Dataset, chain: Corruptions, objective: Objective) -> Autoencoder:
    """The model of a node; its condition is told of the data, its latent and prior of that."""
    told: dict[str, Any] = {"shape": corrupted_shape(chain, dataset.shape), "target": dataset.shape}
    told |= {"maps": objective.maps, "link": objective.link, "condition": None}
    known: dict[str, Any] = {"classes": dataset.classes, "names": dataset.rows.classes or []}
    known["attributes"] = len(dataset.rows.attribute_names or [])
    wrong = Problems()
    for part in ("condition", "latent", "prior"):
        if (own := node.get(part)) is not None:
            whole = {"dim": code_of(node, told["shape"])} if own.get("dim", 0) is None else {}
            if part == "prior" and wrong.lines:  # any size, to say what else is wrong with it
                whole = {"dim": 2}
            told[part] = wrong.attempt(build, own, **taken(own, told | known | whole))
    wrong.stop()
    return build(node, **taken(node, told))


def code_of(node: DictConfig, shape: tuple[int, ...]) -> int:
    """Numbers of the code where nobody says: as the model's nets leave of x̃, else those of x̃ itself."""
    own = getattr(locate(node["_target_"]), "code_of", None)
    try:
        return prod(shape) if own is None else own(shape, node)
    except ValueError as error:
        raise UserError(f"model: {error}") from error


def unread() -> Dataset:
    """Stands for data that could not be read, so that what else is wrong is said too."""
    dataset = Dataset()
    dataset.rows = Rows(torch.zeros(1, 3, 32, 32))
    return dataset


def corrupted_shape(chain: Corruptions, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of x̃; a corruption is named that takes no such x, or in use would leave it another shape."""
    for name, part in zip(chain.parts, chain.chain, strict=True):
        try:
            before, shape = shape, part.output_shape(shape)
        except ValueError as error:
            raise UserError(f"corruption.{name}: {error}") from error
        if shape != before and not part.always:
            raise UserError(
                f"corruption.{name}.always: it makes {list(shape)} of {list(before)}, and the encoder takes "
                f"that in use too; corruption.{name}.always=true"
            )
    return shape
