"""What a sweep will do: its cells, composed and checked before the first one starts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from aelab.errors import Problems, UserError
from aelab.garbage import unsearched
from aelab.grammar import slug
from aelab.sweep import aim
from aelab.sweep.cell import Cell
from aelab.sweep.compose import Composer
from aelab.table import count

REMOTE = ("submitit_slurm", "ray")
"""Launchers whose cells train on machines that may have what this one lacks."""


def parse(context: HydraContext, arguments: Sequence[str]) -> list[Override]:
    return OverridesParser.create(config_loader=context.config_loader).parse_overrides(list(arguments))


def grid(overrides: Sequence[Override]) -> list[list[str]]:
    """The overrides of every cell: all combinations of the values, the last setting fastest."""
    for one in overrides:
        if one.is_sweep_override() and not one.is_discrete_sweep():
            raise UserError(f"{one.key_or_group}: a range is for a search; hydra/sweeper=optuna makes one")
        if one.is_sweep_override() and not list(one.sweep_string_iterator()):
            raise UserError(f"{one.key_or_group}: has no value in '{one.input_line}', and the grid no cell")
    return BasicSweeper.split_arguments(list(overrides), None)[0]


def varying(overrides: Sequence[Override]) -> list[str]:
    """The settings that have several values."""
    return [one.get_key_element() for one in overrides if one.is_sweep_override()]


MOST = 40
"""Cells that are named one by one."""


@dataclass
class Kind:
    """Cells that differ in nothing but the seed, of which one is built.

    text: what `dry_run` says of them.
    wrong: why they cannot be built, a line each.
    """

    text: str
    wrong: list[str]
    cells: list[Cell] = field(default_factory=list)


class Plan:
    """Cells of a sweep that were composed, and whether they can be built."""

    def __init__(self, context: HydraContext, config: DictConfig, settings: Sequence[str]) -> None:
        self.context, self.config, self.settings = context, config, settings
        self.compose = Composer(context.config_loader, config)
        self.sweep = Path(config.hydra.sweep.dir)
        self.is_remote = config.hydra.runtime.choices["hydra/launcher"] in REMOTE
        self.cells: list[Cell] = []
        self.kinds: dict[str, Kind] = {}

    def add(
        self, overrides: Sequence[str], number: int | None = None, named: Sequence[str] | None = None
    ) -> Cell:
        """The next cell, or that of a number, with a name from its own overrides or from others.

        What is wrong with it is said by `stop`.
        """
        number = len(self.cells) if number is None else number
        config = self.compose(overrides)
        what = slug(named or overrides, self.settings) if self.settings else ""
        cell = Cell(self.sweep / f"{number}-{what}".rstrip("-"), tuple(overrides), str(config.hydra.job.name))
        with read_write(config), open_dict(config):
            del config["hydra"]
            config.name = cell.title
        every: Any = OmegaConf.to_container(config)
        key = repr({name: value for name, value in every.items() if name != "seed"})
        if key not in self.kinds:
            wrong = Problems()
            text = wrong.attempt(self.text, cell, config)
            self.kinds[key] = Kind(text, wrong.lines)
        self.kinds[key].cells.append(cell)
        self.cells.append(cell)
        return cell

    def text(self, cell: Cell, config: DictConfig) -> str:
        """What the cell will be. Raises UserError with all that is wrong with it."""
        with unsearched():
            from aelab.assemble import assemble, check
            from aelab.describe import describe
            from aelab.log import quiet_lightning

        check(config, cell.overrides)
        OmegaConf.resolve(config)
        if self.is_remote:
            with open_dict(config):
                config.trainer.update(accelerator="cpu", devices=1, strategy="auto", num_nodes=1)
        quiet_lightning()
        job = assemble(config, cell.folder)
        aim.reportable(aim.names(config.objective), job)
        return describe(config, job)

    def wrong(self, cell: Cell) -> list[str]:
        """Why a cell cannot be built."""
        return next(kind.wrong for kind in self.kinds.values() if cell in kind.cells)

    def stop(self) -> None:
        """Raise UserError with what is wrong; with cells' names where it is not the same of all."""
        wrong = [
            (cell.name, line) for kind in self.kinds.values() for cell in kind.cells for line in kind.wrong
        ]
        same = {tuple(kind.wrong) for kind in self.kinds.values()}
        if wrong:
            lines = same.pop() if len(same) == 1 else [f"{name}: {line}" for name, line in wrong]
            raise UserError(*lines)

    def told(self) -> Iterator[str]:
        """What `dry_run` says: of cells that are alike once, under their names."""
        for kind in self.kinds.values():
            yield "".join(f"{cell.name}\n" for cell in kind.cells) + f"\n{kind.text}\n"

    def says(self) -> Iterator[str]:
        """The plan, line by line: how many cells, over what, where, and those that are not whole."""
        left = [cell for cell in self.cells if not cell.is_whole]
        over = f" over {', '.join(self.settings)}" if self.settings else ""
        done = f"; {len(self.cells) - len(left)} of them are whole" if len(left) < len(self.cells) else ""
        yield f"{count(len(self.cells), 'cell')}{over}, in {self.sweep}{done}"
        for cell in left[:MOST]:
            yield f"  {cell.name}"
        if len(left) > MOST:
            yield f"  and {len(left) - MOST} more"
