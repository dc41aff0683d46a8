"""The players' looks at all rows: whose turn it is, and whether one of them has seen the end."""

import functools
from collections.abc import Mapping

import torch

from aelab.evaluation import whole
from aelab.plan import Plan
from aelab.processes.group import from_first, level
from aelab.seed import derive
from aelab.system import System


class Surveys:
    """Of a stage's training.

    seed: what every survey draws follows from this and its position.
    intervals: minibatches from one survey to the next, of each player that has any.
    """

    def __init__(self, system: System, plan: Plan, seed: int) -> None:
        self.system, self.plan, self.seed = system, plan, seed
        everybody = system.objective.players.items()
        self.players = {name: player for name, player in everybody if player.interval is not None}
        self.intervals = [player.interval or plan.epoch for player in self.players.values()]

    def hold(self, position: int, optimizer_of: Mapping[int, torch.optim.Optimizer]) -> dict[str, float]:
        """Those whose time it is; what they tell, as `train/<term>_<name>`."""
        told: dict[str, float] = {}
        if position and not self.plan.ends_step(position):
            return told  # gradients half added up are of what was seen before
        for (name, player), interval in zip(self.players.items(), self.intervals, strict=True):
            if position % interval < self.plan.accumulate:
                torch.clear_autocast_cache()  # it would keep the weights as they were before the last step
                found = player.survey(
                    functools.partial(whole, self.system), derive(self.seed, name, position)
                )
                found, state, player.is_over = from_first((found, player.state(), player.is_over))
                player.restore(state)
                told |= {f"train/{name}_{key}": value for key, value in found.items()}
                if id(player) in optimizer_of:  # what its steps remember is of before
                    optimizer_of[id(player)].state.clear()
        if told:
            level(self.system)
        return told

    @property
    def are_over(self) -> bool:
        return any(player.is_over for player in self.players.values())
