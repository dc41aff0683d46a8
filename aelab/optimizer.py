"""An optimizer whose numbers may be schedules."""

from collections.abc import Iterable
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from aelab.build import build
from aelab.schedule import Schedule


def make_optimizer(node: DictConfig, params: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer of a node; its parameter groups hold the schedules for a Clock to find.

    PyTorch compares the numbers when it builds, so it is shown where each schedule starts.
    """
    schedules = {key: build(value) for key, value in node.items() if OmegaConf.is_dict(value)}
    starts: dict[Any, float] = {key: schedule(0.0) for key, schedule in schedules.items()}
    optimizer = build(node, params=params, **starts)
    for group in optimizer.param_groups:
        group.update({key: schedule for key, schedule in schedules.items() if isinstance(schedule, Schedule)})
    return optimizer
