"""A grid: every combination of the values that settings are given."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf

from aelab.errors import UserError
from aelab.files import read_json, write_json
from aelab.interrupt import Interrupted
from aelab.sweep.launch import conclude, launch, unfinished
from aelab.sweep.plan import Plan, grid, parse, varying

FILE = "sweep.json"


def sweep_grid(context: HydraContext, config: DictConfig, arguments: Sequence[str], resume: bool) -> None:
    """Check every cell, say what will be done, and train those that are not whole.

    resume: whether the folder holds this sweep already.
    """
    folder = Path(config.hydra.sweep.dir)
    if not resume and (folder / FILE).is_file():
        raise UserError(
            f"hydra.sweep.dir: '{folder}' holds a sweep; aelab resume sweep='{folder}' goes on with it"
        )
    overrides = parse(context, arguments)
    plan = Plan(context, config, varying(overrides))
    for cell in grid(overrides):
        plan.add(cell)
    plan.stop()
    if config.dry_run:
        for description, cells in plan.descriptions.items():
            sys.stdout.write("".join(f"{cell.name}\n" for cell in cells) + f"\n{description}\n")
        return
    write_json(folder / FILE, told(config, arguments, plan))
    left = [cell for cell in plan.cells if not cell.is_whole]
    sys.stderr.writelines(f"{line}\n" for line in plan.says())
    try:
        if left:
            launch(context, config, left, len(plan.cells) - len(left))
    except Interrupted:
        sys.stderr.write(f"{unfinished(plan.cells, folder)}\n")
        raise
    conclude(plan.cells, folder)


def told(config: DictConfig, arguments: Sequence[str], plan: Plan) -> dict[str, object]:
    """What a sweep was asked for, to go on with it and to read it."""
    hydra = [text for text in OmegaConf.to_container(config.hydra.overrides.hydra) if not of_this_call(text)]  # type: ignore[union-attr]
    return {
        "arguments": [*arguments, *hydra],
        "varying": list(plan.settings),
        "cells": [{"name": cell.name, "overrides": list(cell.overrides)} for cell in plan.cells],
    }


def of_this_call(override: str) -> bool:
    """Whether an override says where the sweep is and that it goes on: not what it is."""
    return override.startswith(("hydra.sweep.dir=", "hydra.sweeper.resume=", "hydra.mode="))


def arguments_of(folder: Path) -> list[str]:
    """What a sweep was asked for. Raises UserError where the folder is of none."""
    if not folder.is_dir():
        raise UserError(f"sweep: no folder '{folder}'")
    told = read_json(folder / FILE)
    if told is None:
        what = "a run; resume it with run=" if (folder / ".hydra").is_dir() else "no sweep"
        raise UserError(f"sweep: '{folder}' is {what}" + (f"'{folder}'" if what != "no sweep" else ""))
    return list(told["arguments"])
