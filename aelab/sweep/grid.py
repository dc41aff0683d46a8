"""A grid: every combination of the values that settings are given."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.types import HydraContext
from omegaconf import DictConfig

from aelab.files import write_json
from aelab.interrupt import Interrupted
from aelab.sweep.launch import conclude, launch, unfinished
from aelab.sweep.plan import Plan, grid, parse, varying
from aelab.sweep.told import FILE, refuse, told


def sweep_grid(context: HydraContext, config: DictConfig, arguments: Sequence[str], resume: bool) -> None:
    """Check every cell, say what will be done, and train those that are not whole.

    resume: whether the folder holds this sweep already.
    """
    folder = Path(config.hydra.sweep.dir)
    if not resume:
        refuse(folder)
    overrides = parse(context, arguments)
    plan = Plan(context, config, varying(overrides))
    for cell in grid(overrides):
        plan.add(cell)
    plan.stop()
    if config.dry_run:
        sys.stdout.writelines(plan.told())
        return
    write_json(folder / FILE, told(config, arguments, plan.settings, plan.cells))
    left = [cell for cell in plan.cells if not cell.is_whole]
    sys.stderr.writelines(f"{line}\n" for line in plan.says())
    try:
        if left:
            launch(plan, left, len(plan.cells) - len(left), len(plan.cells))
    except Interrupted:
        sys.stderr.write(f"{unfinished(plan.cells, folder)}\n")
        raise
    conclude(plan.cells, folder, config.objective)
