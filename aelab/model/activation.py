"""Activations by the names that papers use."""

from collections.abc import Callable
from math import inf
from typing import Literal

import torch
from torch import Tensor, nn

Name = Literal["identity", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "sigmoid", "tanh"]

MODULES: dict[str, type[nn.Module] | None] = {
    "identity": None,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}

RANGES = {
    "relu": (0.0, inf),
    "softplus": (0.0, inf),
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
}
"""Where an activation's values lie; what is not here is taken for unbounded."""

Output = Literal["auto", "identity", "sigmoid", "tanh", "relu", "softplus"]

OUTPUTS: dict[str, Callable[[Tensor], Tensor] | None] = {
    "identity": None,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": nn.functional.softplus,
}


def activation(name: str) -> nn.Module | None:
    """The module of that name; None for the identity."""
    module = MODULES[name]
    return module() if module else None


def range_of(module: nn.Module | None) -> tuple[float, float]:
    """Between which an activation's values lie."""
    names = [name for name, kind in MODULES.items() if kind is not None and type(module) is kind]
    return RANGES.get(names[0], (-inf, inf)) if names else (-inf, inf)


def output(name: str, link: str) -> Callable[[Tensor], Tensor] | None:
    """What takes the decoder's output to x̂: `auto` is the likelihood's own link."""
    if link != "identity" and name not in ("auto", link):
        raise ValueError(f"output_activation: this likelihood needs {link} or auto, got {name}")
    return OUTPUTS[link if name == "auto" else name]
