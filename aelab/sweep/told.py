"""sweep.json: what a sweep was asked for, to go on with it and to read it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from aelab.errors import UserError
from aelab.files import read_json
from aelab.sweep.cell import Cell

FILE = "sweep.json"


def told(
    config: DictConfig, arguments: Sequence[str], varying: Sequence[str], cells: Sequence[Cell]
) -> dict[str, Any]:
    given: Any = OmegaConf.to_container(config.hydra.overrides.hydra)
    return {
        "arguments": [*arguments, *(text for text in given if not is_of_this_call(text))],
        "varying": list(varying),
        "cells": [{"name": cell.name, "overrides": list(cell.overrides)} for cell in cells],
    }


def is_of_this_call(override: str) -> bool:
    """Whether an override says where the sweep is and that it goes on: not what it is."""
    return override.startswith(("hydra.sweep.dir=", "hydra.sweeper.resume=", "hydra.mode="))


def refuse(folder: Path) -> None:
    """Raises UserError where a folder holds a sweep that a new one would write over."""
    if (folder / FILE).is_file():
        raise UserError(
            f"hydra.sweep.dir: '{folder}' holds a sweep; aelab resume sweep='{folder}' goes on with it"
        )


def arguments_of(folder: Path) -> list[str]:
    """What a sweep was asked for. Raises UserError where the folder is of none."""
    if not folder.is_dir():
        raise UserError(f"sweep: no folder '{folder}'")
    if (known := read_json(folder / FILE)) is not None:
        return list(known["arguments"])
    if (folder / ".hydra").is_dir():
        raise UserError(f"sweep: '{folder}' is a run; resume it with run='{folder}'")
    raise UserError(f"sweep: '{folder}' is no sweep")
