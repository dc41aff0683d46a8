"""What the commands on a finished run share: their own settings checked, the run opened."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from aelab import log
from aelab.check import problems
from aelab.errors import UserError
from aelab.run import Run

SCHEMA = {
    "run": str,
    "weights": str,
    "split": str | None,
    "input": str | None,
    "output": str | None,
    "degrade": bool,
    "reference": str | None,
    "overlap": float | None,
    "sheet": bool,
    "n": int,
    "label": int | str | None,
    "seed": int,
}


def opened(config: DictConfig) -> Run:
    """The run that a command's config names. Raises UserError with all that is wrong with the config."""
    check(config)
    moved = [f"dataset.root='{config.dataset.root}'"] if config.dataset.root else []
    run = Run(config.run, config.weights, moved)
    log.quiet_lightning()
    return run


def check(config: DictConfig) -> None:
    """Raises UserError with all that is wrong with a command's config."""
    log.start()
    found = problems(config, SCHEMA)
    if config.weights not in ("best", "last"):
        found.append(f"weights: takes best or last, got '{config.weights}'")
    if found:
        raise UserError(*found)


def plain(given: Any) -> Any:
    """Numbers by name as a dictionary; anything else as it is."""
    return OmegaConf.to_container(given) if OmegaConf.is_config(given) else given


def split_of(config: DictConfig, run: Run) -> str:
    """The split that a command asks for."""
    splits = run.system.dataset.splits
    split = config.split or run.system.dataset.final
    if split not in splits:
        raise UserError(f"split: takes one of {', '.join(splits)}; got '{split}'")
    return split
