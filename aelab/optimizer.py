"""An optimizer whose numbers may be schedules."""

from collections.abc import Iterable
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from aelab.build import build
from aelab.schedule import Schedule


def make_optimizer(
    node: DictConfig, params: Iterable[torch.nn.Parameter], **changed: Any
) -> torch.optim.Optimizer:
    """The optimizer of a node; its parameter groups hold the schedules for a Clock to find.

    PyTorch compares the numbers when it builds, so it is shown where each schedule starts.

    changed: settings of a stage's own, numbers or schedules, instead of the node's.
    """
    nested = {str(key): value for key, value in node.items() if OmegaConf.is_dict(value)}
    schedules = {key: build(value) for key, value in nested.items() if key not in changed}
    schedules |= {key: value for key, value in changed.items() if isinstance(value, Schedule)}
    starts: dict[str, float] = {key: schedule(0.0) for key, schedule in schedules.items()}
    optimizer = build(node, params=params, **{**changed, **starts})
    for group in optimizer.param_groups:
        group.update({key: schedule for key, schedule in schedules.items() if isinstance(schedule, Schedule)})
    return optimizer
