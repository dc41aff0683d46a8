"""What every net is made of: blocks, tied layers, initial weights."""

import math
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Literal, cast

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import orthogonal

from aelab.model.activation import activation
from aelab.model.top_k import TopK

Initialisation = Literal["default", "xavier", "he", "orthogonal"] | float
"""`default` is PyTorch's own; a number is the standard deviation of a normal distribution."""


class Block(nn.Sequential):
    """A layer with what goes before and after it; parts that are None are left out."""

    layer: nn.Module

    def __init__(self, **parts: nn.Module | None) -> None:
        super().__init__(OrderedDict((name, part) for name, part in parts.items() if part is not None))


class Net(nn.Module):
    """Blocks in a row. `encoder.blocks[i]` mirrors `decoder.blocks[-1 - i]`: tying, stacking rest on it."""

    def __init__(self, *blocks: Block) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        # a module's call costs as much as a small layer: go through the parts, not through the blocks
        self.parts = [part for block in blocks for part in block]

    def forward(self, h: Tensor) -> Tensor:
        for part in self.parts:
            h = part(h)
        return h

    @property
    def layers(self) -> list[nn.Module]:
        """The one layer with weights of each block."""
        return [cast(Block, block).layer for block in self.blocks]


class Tied(nn.Module):
    """The transpose of another layer, with a bias of its own: x = Wᵀh + b.

    Holds the layer without owning it, so that its weight is trained, counted and saved once.
    """

    def __init__(self, layer: nn.Module, bias: nn.Parameter) -> None:
        super().__init__()
        self.held, self.bias = (layer,), bias

    @property
    def weight(self) -> Tensor:
        return self.held[0].weight  # type: ignore[return-value]

    def forward(self, h: Tensor) -> Tensor:
        return F.linear(h, self.weight.t(), self.bias)


After = Callable[[int], dict[str, nn.Module | None]]
"""What follows a hidden layer of n features or channels."""


def after(act: str | nn.Module, dropout: float, norm: Callable[[int], nn.Module] | None) -> After:
    """Norm, activation (by name, or a module of which every layer gets a copy) and dropout, in that order."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must lie in [0, 1), got {dropout}")

    def parts(n: int) -> dict[str, nn.Module | None]:
        if isinstance(act, TopK):
            act.check(n)
        return {
            "norm": norm(n) if norm else None,
            "activation": activation(act) if isinstance(act, str) else deepcopy(act),
            "dropout": nn.Dropout(dropout) if dropout else None,
        }

    return parts


def perceptron(sizes: list[int], act: str) -> nn.Sequential:
    """Full layers from size to size, an activation between them: a critic, the net of a prior."""
    parts: list[nn.Module | None] = []
    for a, b in pairwise(sizes):
        parts += [nn.Linear(a, b), activation(act)]
    return nn.Sequential(*(part for part in parts[:-1] if part))


def first_weight(encoder: nn.Module) -> Tensor | None:
    """The first matrix or kernel that the input meets."""
    if isinstance(encoder, Net):  # by its layer: a weight kept orthonormal is no parameter itself
        return next((cast(Tensor, layer.weight) for layer in encoder.layers), None)
    return next((p for p in encoder.parameters() if p.ndim > 1), None)


def keep_orthonormal(net: Net) -> None:
    """Make every weight the orthonormal factor of a free matrix     [torch.nn.utils.parametrizations]"""
    for layer in net.layers:
        n_out, n_in = layer.weight.shape  # type: ignore[union-attr]
        if n_out > n_in:
            raise ValueError(f"orthonormal: a layer from {n_in} to {n_out} numbers has no orthonormal rows")
        orthogonal(layer)


def fan_in(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """Numbers that meet in one output; PyTorch counts a transposed convolution's the wrong way round."""
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.in_channels * math.prod(layer.kernel_size) / math.prod(layer.stride)
    return layer.weight[0].numel()


def initialise(net: nn.Module, how: Initialisation) -> None:
    """Draw the weights anew, biases zero; `default` leaves them as they are."""
    if how == "default":
        return
    if not isinstance(how, str) and how < 0:
        raise ValueError(f"initialisation: a standard deviation is not negative, got {how}")
    for module in net.modules():
        if not isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            continue
        if how == "xavier":
            nn.init.xavier_uniform_(module.weight)
        elif how == "he":
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_in(module)))
        elif how == "orthogonal":
            nn.init.orthogonal_(module.weight)
        elif isinstance(how, (int, float)):
            nn.init.normal_(module.weight, std=how)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
