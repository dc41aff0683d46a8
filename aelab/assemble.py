"""From a composed config to the run's objects: what is wrong is found here, all of it, before training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, open_dict

from aelab.build import build
from aelab.check import drop_leftovers, problems
from aelab.corruption.corruption import Corruptions
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Autoencoder
from aelab.objective import Objective
from aelab.reads import missing
from aelab.system import System, gives

LISTS = ("corruption", "loss", "metric", "figure", "baseline", "logger", "callback")
"""Groups whose choice may be a list: mappings by name."""

SUPPLIED = ("shape", "target", "maps", "link", "params", "folder", "save_dir")
"""Arguments that the program gives."""

SCHEMA = {"seed": int, "name": str, "dry_run": bool, "matmul_precision": str}
"""Settings that belong to no class."""


class Problems:
    """Runs what may refuse its settings, and keeps what was wrong, so that all of it is said at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attempt(self, make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What `make` gives, or None where it refused."""
        try:
            return make(*args, **kwargs)
        except UserError as error:
            self.lines += error.problems

    def stop(self) -> None:
        """Raise what was found so far."""
        if self.lines:
            raise UserError(*dict.fromkeys(self.lines))


@dataclass
class Job:
    """The objects of a run."""

    system: System
    recipe: dict[str, Any]
    figures: dict[str, Any]
    baselines: dict[str, Any]
    loggers: list[Any]
    callbacks: list[Any]


def check(config: DictConfig) -> list[str]:
    """Raise UserError with all problems that show without building; the notices of what was dropped."""
    notices = drop_leftovers(config, LISTS)
    found = problems(config, SCHEMA, SUPPLIED)
    if not config.loss:
        found.append("loss: at least one term is needed, for example loss=[mse]")
    if found:
        raise UserError(*found)
    return notices


def assemble(config: DictConfig, folder: Path) -> Job:
    """The objects of a checked config: data read, nets built, and all that must fit together compared."""
    torch.manual_seed(config.seed)
    torch.set_float32_matmul_precision(config.matmul_precision)
    with open_dict(config):  # so that later commands find the files from any folder
        config.dataset.root = str(Path(config.dataset.root).expanduser().absolute())
    wrong = Problems()
    figures, baselines, recipe = (wrong.attempt(build, config[group]) for group in ("figure", "baseline", "recipe"))
    loggers = wrong.attempt(build_each_in, config.logger, save_dir=str(folder))
    callbacks = wrong.attempt(build_each_in, config.callback, folder=folder / "checkpoints")
    wrong.attempt(build, config.trainer, **QUIET)
    system = wrong.attempt(assemble_system, config, wrong)
    if system is not None:
        wrong.attempt(build, config.optimizer, params=[torch.nn.Parameter(torch.zeros(()))])
    wrong.stop()
    return Job(system, recipe, figures, baselines, loggers, callbacks)


QUIET = {"logger": False, "callbacks": None, "enable_checkpointing": False, "enable_progress_bar": False}


def build_each_in(nodes: Mapping[str, DictConfig], **place: Any) -> list[Any]:
    """The objects of a mapping by name, those that write told where."""
    wrong = Problems()
    built = [wrong.attempt(build, node, **taken(node, place)) for node in nodes.values()]
    wrong.stop()
    return built


def taken(node: DictConfig, extra: dict[str, Any]) -> dict[str, Any]:
    """Those of the extra arguments that the node's target has."""
    from aelab.build import locate
    from aelab.check import parameters

    names, _ = parameters(locate(node["_target_"]))
    return {name: value for name, value in extra.items() if name in names}


def assemble_system(config: DictConfig, wrong: Problems | None = None) -> System:
    """Data, corruption, nets, objective and metrics of a config, and whether they fit together."""
    wrong = wrong or Problems()
    dataset: Dataset | None = wrong.attempt(build, config.dataset)
    chain: Corruptions | None = wrong.attempt(lambda: Corruptions(build(config.corruption)))
    objective: Objective | None = wrong.attempt(lambda: Objective(build(config.loss)))
    metrics: dict[str, Metric] | None = wrong.attempt(build, config.metric)
    if dataset is not None:
        wrong.attempt(dataset.setup)
    if dataset is None or not dataset.splits or chain is None or objective is None or metrics is None:
        wrong.stop()
        raise AssertionError("unreachable: what is None has said why")
    shape = wrong.attempt(corrupted_shape, chain, dataset.shape) or dataset.shape
    told = {"shape": shape, "target": dataset.shape, "maps": objective.maps, "link": objective.link}
    model: Autoencoder | None = wrong.attempt(build, config.model, **told)
    if model is not None:
        wrong.lines += mismatches(dataset, chain, model, objective, metrics, choices(config))
    wrong.stop()
    assert model is not None
    return System(dataset, chain, model, objective, metrics)


def corrupted_shape(chain: Corruptions, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of x̃; a corruption that takes no such x is named."""
    for name, part in chain.parts.items():
        try:
            shape = part.output_shape(shape)  # type: ignore[operator]
        except ValueError as error:
            raise UserError(f"corruption.{name}: {error}") from error
    return shape


def choices(config: DictConfig) -> str:
    """`model/latent=gaussian`, from the class where the choice itself is not known."""
    target = config.model.get("latent", config.model)["_target_"]
    return f"model/latent={target.split('.')[-2]}" if "latent" in config.model else f"model={target.split('.')[-2]}"


def mismatches(
    dataset: Dataset,
    chain: Corruptions,
    model: Autoencoder,
    objective: Objective,
    metrics: Mapping[str, Metric],
    latent: str,
) -> list[str]:
    """A line for each pair of parts that do not fit."""
    there = gives(dataset, chain, model)
    readers = {f"loss.{name}": term.forward for name, term in objective.terms.items()}
    readers |= {f"metric.{name}": metric.update for name, metric in metrics.items()}
    lines = []
    for name, method in readers.items():
        if lacking := missing(method, there):
            lines.append(f"{name} reads {', '.join(lacking)}; {explain(lacking, latent, model.latent.gives)}")
    likelihood = objective.likelihood
    if likelihood is not None and likelihood.unit and not dataset.is_unit:
        name = next(name for name, term in objective.terms.items() if term is likelihood)
        low, high = dataset.extremes()
        lines.append(f"loss.{name}: needs data in [0, 1], this data lies in [{low:.3g}, {high:.3g}]; use loss=[mse]")
    return lines


def explain(lacking: list[str], latent: str, given: tuple[str, ...]) -> str:
    """Who gives what is lacking, or who does not."""
    if "y" in lacking:
        return "this data has no labels"
    if "mask" in lacking:
        return "no corruption gives a mask; corruption=block does"
    return f"{latent} gives {', '.join(given)}"
