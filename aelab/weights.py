"""A system's weights from and to checkpoints."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn

from aelab.errors import UserError


def load_weights(system: nn.Module, path: Path) -> None:
    """The weights of a checkpoint, in place."""
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")["state_dict"]
    except (RuntimeError, EOFError, UnpicklingError, KeyError) as error:
        raise UserError(f"run: '{path}' is no checkpoint of a run, or is cut short") from error
    system.load_state_dict({name.removeprefix("system."): value for name, value in state.items()})


def weights_of(system: nn.Module, stage: str) -> dict[str, Any]:
    """A checkpoint of weights alone, of a system that no gradient step made."""
    state = {f"system.{name}": value for name, value in system.state_dict().items()}
    return {"state_dict": state, "aelab": {"stage": stage, "position": 0, "losses": [], "should_stop": False}}
