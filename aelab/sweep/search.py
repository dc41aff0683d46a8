"""A search: trials whose settings an Optuna study draws, each told from those before it."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf
from optuna.trial import FrozenTrial, TrialState

from aelab.build import build
from aelab.errors import UserError
from aelab.files import read_json, write_json
from aelab.interrupt import Interrupted
from aelab.seed import derive
from aelab.sweep import aim, pruning, share
from aelab.sweep.cell import Cell
from aelab.sweep.launch import Unfinished, conclude, launch, say, unfinished
from aelab.sweep.plan import Plan, parse
from aelab.sweep.space import fixed, overrides_of, rounded, space
from aelab.sweep.told import FILE, refuse, told
from aelab.table import as_text

NAME = "aelab"
"""Of the study in its storage."""


class Search:
    """The study of a sweep's folder, and the trials that it still asks for.

    settings: `hydra.sweeper` of the config.
    """

    def __init__(
        self, context: HydraContext, config: DictConfig, arguments: Sequence[str], settings: DictConfig
    ) -> None:
        self.config, self.settings = config, settings
        self.folder = Path(config.hydra.sweep.dir)
        self.objectives = aim.names(config.objective)
        if not self.objectives:
            raise UserError("objective: a search needs one, a validation metric, such as objective=val/loss")
        self.directions = aim.directions(self.objectives, settings.direction)
        overrides = parse(context, arguments)
        self.space, self.fixed = space(overrides), fixed(overrides)
        if not self.space:
            raise UserError("hydra/sweeper=optuna: nothing to search; 'optimizer.lr=interval(1e-4,1e-2)' is")
        self.plan = Plan(context, config, [*self.space])
        self.cells: list[Cell] = []
        self.is_over = False
        self.at_once = settings.n_jobs or share.at_once(config.hydra.launcher)

    @property
    def storage(self) -> str:
        return self.settings.storage or f"sqlite:///{self.folder.absolute() / 'study.db'}"

    def open(self, resume: bool) -> None:
        """The study on the disk."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.folder.mkdir(parents=True, exist_ok=True)
        is_single = len(self.objectives) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.study = optuna.create_study(
                study_name=NAME,
                storage=self.storage,
                directions=self.directions,
                load_if_exists=resume,
                pruner=build(self.settings.pruner) if is_single else optuna.pruners.NopPruner(),
            )
            # resumed, it does not draw the same again
            seed = derive(self.config.seed, "search", len(self.study.trials)) % 2**32
            self.study.sampler = build(self.settings.sampler, seed=seed)

    def train(self) -> None:
        """Trial after trial, as many at once as the launcher takes, those first that were interrupted."""
        begun = [trial for trial in self.study.trials if trial.state == TrialState.RUNNING]
        while batch := (begun[: self.at_once] or list(self.asked())):
            begun = begun[self.at_once :]
            done = sum(trial.state.is_finished() for trial in self.study.trials)
            cells = {trial.number: cell for trial in batch if (cell := self.cell(trial))}
            if len(self.objectives) == 1:
                for trial in (trial for trial in batch if trial.number in cells):
                    pruning.write(
                        cells[trial.number].folder,
                        storage=self.storage,
                        study=NAME,
                        trial=trial._trial_id,
                        pruner=OmegaConf.to_container(self.settings.pruner),
                        objective=self.objectives[0],
                    )
            try:
                launch(self.plan, list(cells.values()), done, self.settings.n_trials)
            finally:
                for number, cell in cells.items():
                    self.tell(number, cell)

    def asked(self) -> Iterator[FrozenTrial]:
        """Some more trials, until there are n_trials or nothing is left to try."""
        left = 0 if self.is_over else self.settings.n_trials - len(self.study.trials)
        for _ in range(min(self.at_once, left)):
            number = self.study.ask(self.space).number
            yield self.study.trials[number]

    def cell(self, trial: FrozenTrial) -> Cell | None:
        """None where it cannot be built, which the study is told. Raises UserError where none could."""
        own = overrides_of(trial.params)
        cell = self.plan.add([*self.fixed, *own], trial.number, named=rounded(trial.params))
        wrong = self.plan.wrong(cell)
        if not wrong:
            self.cells.append(cell)
            return cell
        self.end(trial.number, state=TrialState.FAIL)
        if not self.cells:
            raise UserError(*wrong)
        for line in wrong:
            say(f"{cell.name}: {line}")
        return None

    def tell(self, number: int, cell: Cell) -> None:
        """What became of a trial; one that may go on is left as it is."""
        if cell.status == pruning.STATUS:
            self.end(number, state=TrialState.PRUNED)
        elif cell.is_whole:
            metrics = (read_json(cell.folder / "results.json") or {})["metrics"]
            aim.reported(self.objectives, metrics)
            self.end(number, values=[metrics[name] for name in self.objectives])
        elif cell.status == "failed":
            self.end(number, state=TrialState.FAIL)

    def end(self, number: int, **told: Any) -> None:
        try:
            self.study.tell(number, **told)
        except RuntimeError:  # of a sampler that has no more to try, and knows no other loop than Optuna's
            self.is_over = True


def sweep_search(
    context: HydraContext, config: DictConfig, arguments: Sequence[str], settings: DictConfig
) -> None:
    """Train the trials that are left, and say which was best."""
    search = Search(context, config, arguments, settings)
    resume = bool(settings.resume)
    if not resume:
        refuse(search.folder)
    if config.dry_run:
        for name, distribution in search.space.items():
            sys.stdout.write(f"{name}: {distribution}\n")
        sys.stdout.write("dry run: nothing was trained\n")
        return
    search.open(resume)
    extra = {"objectives": search.objectives, "directions": search.directions}
    write_json(search.folder / FILE, told(config, arguments, [*search.space], []) | extra)
    say(f"{settings.n_trials} trials over {', '.join(search.space)}, in {search.folder}")
    try:
        search.train()
    except Interrupted:
        say(unfinished(search.cells, search.folder))
        raise
    if not any(cell.is_whole for cell in search.cells) and not resume:
        raise Unfinished(unfinished(search.cells, search.folder))
    for trial in search.study.best_trials:
        values = zip(search.objectives, trial.values, strict=True)
        scores = ", ".join(f"{name} {as_text(value)}" for name, value in values)
        say(f"best: {scores}, trial {trial.number} with {' '.join(overrides_of(trial.params))}")
    draw(search.folder)
    conclude(search.cells, search.folder, search.config.objective, allowed=(pruning.STATUS, "failed"))


def draw(sweep: Path) -> None:
    """The picture of its history, as `aelab draw sweep=DIR` makes it."""
    from aelab.command.cells import cells
    from aelab.command.draw import together
    from aelab.figure.search_history import SearchHistory

    for path in together({"search_history": SearchHistory()}, cells(sweep)[0], sweep / "figures"):
        say(f"{path}")
