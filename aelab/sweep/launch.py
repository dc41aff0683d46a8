"""Training the cells of a sweep with one of Hydra's launchers, and telling what becomes of them."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import run_job
from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf, open_dict

from aelab.errors import UserError
from aelab.files import folder_name, read_json, write_json
from aelab.sweep import aim, stop
from aelab.sweep.cell import Cell, run
from aelab.sweep.plan import Plan
from aelab.sweep.pool import shared
from aelab.table import as_text, count

SECONDS = 0.5
"""Between two looks at what has become of the cells."""


class Unfinished(CompactHydraException):
    """Cells of a sweep have not come to their end."""


def launch(plan: Plan, cells: Sequence[Cell], before: int, total: int) -> None:
    """Train cells of a plan, each in its own time; what stops one leaves the others, and is in its status.

    before, total: how many of the sweep's are done already, and how many it has.
    """
    stop.withdraw(plan.sweep)
    name = plan.config.hydra.runtime.choices["hydra/launcher"]
    if name == "ray":
        connect(plan.config)
    with stop.leading(plan.sweep), telling(cells, plan.config.objective, before, total):
        if name == "basic":
            one_by_one(plan, cells)
            return
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=shared(plan.context), task_function=run, config=plan.config
        )
        with waiting(name, plan.sweep):
            launcher.launch([cell.arguments for cell in cells], initial_job_idx=0)


def connect(config: DictConfig) -> None:
    """Start Ray, or go to a cluster: before signals are ours, for it takes them, and without the launcher,
    which asks any cluster for memory. Raises UserError where there is none."""
    ray: Any = import_module("ray")
    init: Any = OmegaConf.to_container(config.hydra.launcher.ray.init, resolve=True)
    try:
        if not ray.is_initialized():
            ray.init(**init)
    except (ConnectionError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"hydra.launcher.ray.init: {' '.join(str(error).split())}") from error


@contextmanager
def waiting(launcher: str, sweep: Path) -> Iterator[None]:
    """Until the launcher has done with all cells; what goes wrong with it is said."""
    with ExitStack() as stack:
        queue = None
        if launcher == "submitit_slurm":
            from aelab.sweep import slurm

            queue = stack.enter_context(slurm.watching(sweep))
        try:
            yield
        except Exception as error:  # such as a worker that was killed: the cells' own files say more
            if not stop.is_asked(sweep):
                say(f"hydra/launcher: {type(error).__name__}: {error}")
            if queue:
                queue.wait()


def one_by_one(plan: Plan, cells: Sequence[Cell]) -> None:
    """As Hydra's own launcher does, without composing what the plan has composed."""
    for number, cell in enumerate(cells):
        config = plan.compose(cell.overrides)
        with open_dict(config.hydra):
            config.hydra.sweep.dir, config.hydra.sweep.subdir = str(plan.sweep), cell.name
            config.hydra.job.name, config.hydra.job.num, config.hydra.job.id = cell.title, number, str(number)
        run_job(
            hydra_context=plan.context,
            task_function=run,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )


@contextmanager
def telling(cells: Sequence[Cell], objective: Any, before: int, total: int) -> Iterator[None]:
    """A line on the terminal whenever a cell has come to an end, whoever trains it and wherever."""
    left, over = list(cells), threading.Event()

    def look() -> None:
        # one that was interrupted may go on: a cluster queues it again
        on = () if over.is_set() or stop.is_asked(cells[0].folder.parent) else ("interrupted",)
        for cell in list(left):
            if cell.status not in ("waiting", "running", *on):
                left.remove(cell)
                done = before + len(cells) - len(left)
                say(f"[{done}/{total}] {cell.name}: {outcome(cell, objective)}")

    def watch() -> None:
        while not over.wait(SECONDS):
            look()

    for cell in cells:  # what became of it before is no news
        if (status := cell.folder / "status.json").is_file():
            write_json(status, {"status": "waiting", "overrides": list(cell.overrides)})
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        look()


def say(line: str) -> None:
    """Between the bars of what trains in this process."""
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)


def outcome(cell: Cell, objective: Any) -> str:
    """`val/loss 0.0123, 12 s`, or why it failed."""
    if not cell.is_whole:
        return f"{cell.status}, {cell.why}".removeprefix("pruned, ")
    results = read_json(cell.folder / "results.json") or {}
    metrics = results.get("metrics", {})
    asked = aim.names(objective)
    told = [name for name in (*asked, "val/loss", *metrics) if name in metrics][: len(asked) or 1]
    return ", ".join([*(f"{name} {as_text(metrics[name])}" for name in told), f"{results['seconds']:.0f} s"])


def conclude(cells: Sequence[Cell], sweep: Path, objective: Any, allowed: Sequence[str] = ()) -> None:
    """Say where the results are. Raises Unfinished where some are missing, UserError where none has the
    objective.

    allowed: states that count as an end, beside completed.
    """
    if not all(cell.is_whole or cell.status in allowed for cell in cells):
        raise Unfinished(unfinished(cells, sweep))
    every = [(read_json(cell.folder / "results.json") or {}).get("metrics", {}) for cell in cells]
    if every:  # a search that goes on may have nothing to do
        aim.reported(aim.names(objective), [name for metrics in every for name in metrics])
    place = folder_name(sweep.absolute())
    sys.stdout.write(f"\nsweep        {place}\ncompare      aelab report {place}\n")
    sys.stdout.write(f"TensorBoard  tensorboard --logdir {place}\n")


def unfinished(cells: Sequence[Cell], sweep: Path) -> str:
    """How many cells came to what, which failed and why, and how to go on."""
    states = {cell: cell.status for cell in cells}
    counts = Counter(
        "unfinished" if s in ("waiting", "running", "interrupted") else s for s in states.values()
    )
    lines = [f"{count(len(cells), 'cell')}: {', '.join(f'{n} {state}' for state, n in counts.items())}"]
    lines += [f"  {cell.name}: {cell.why}" for cell, state in states.items() if state == "failed"]
    return "\n".join([*lines, f"aelab resume sweep={folder_name(sweep.absolute())} goes on"])
