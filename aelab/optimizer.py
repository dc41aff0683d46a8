"""Optimizers, whose numbers may be schedules."""

import copy
from collections.abc import Iterable
from typing import Protocol

import torch
from omegaconf import DictConfig, OmegaConf, open_dict

from aelab.build import build
from aelab.errors import UserError
from aelab.schedule import Schedule
from aelab.setting import said


class MakeOptimizer(Protocol):
    """From the parameters of a training to its optimizer."""

    def __call__(self, params: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer: ...


def make_optimizer(node: DictConfig, params: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer of a node; its parameter groups hold the schedules for a Clock to find.

    PyTorch compares the numbers when it builds, so it is shown where each schedule starts.
    """
    nested = {str(key): value for key, value in node.items() if OmegaConf.is_dict(value)}
    schedules: dict[str, Schedule] = {key: build(value) for key, value in nested.items()}
    starts = {key: schedule(0.0) for key, schedule in schedules.items()}
    optimizer = build(node, params=params, **starts)
    for group in optimizer.param_groups:
        group.update(schedules)
    return optimizer


def with_optimizers(config: DictConfig) -> DictConfig:
    """A copy of a config in which the optimizer of every stage is whole.

    It is the run's, with the settings that the stage changes, null changing nothing; or another, where
    those have a `_target_`.
    """
    whole = copy.deepcopy(config)
    with open_dict(whole):
        for name, stage in whole.recipe.items():
            if "optimizer" not in stage:
                continue
            own = OmegaConf.create({}) if stage.optimizer is None else stage.optimizer
            if not OmegaConf.is_dict(own):
                raise UserError(f"recipe.{name}.optimizer: takes a mapping, got {said(own)}")
            if "_target_" not in own:
                changed = [str(key) for key in own if own[key] is not None]
                stage.optimizer = OmegaConf.merge(whole.optimizer, OmegaConf.masked_copy(own, changed))
    return whole
