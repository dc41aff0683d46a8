"""Corruptions: x -> x̃, in batch on the device, one after another."""

from collections.abc import Callable, Mapping
from math import prod
from typing import cast

import torch
from torch import Tensor, nn

from aelab.schedule import Number, numbers


class Corruption(nn.Module):
    """One corruption. `forward` takes x [b, *shape] to x̃, or to (x̃, mask) where it knows what it hid.

    strength: how much; each corruption says of what.
    clip: [low, high] to clip x̃ to, null for none.
    always: corrupt in use too (`encode`, `reconstruct`), not only to train and to score.
    """

    gives: tuple[str, ...] = ()

    def __init__(self, strength: Number, clip: list[float] | None = None, always: bool = False) -> None:
        super().__init__()
        low, high = self.limits
        if not all(low <= s <= high for s in numbers(strength)):
            allowed = "must not be negative" if high == float("inf") else f"must lie in [{low:g}, {high:g}]"
            raise ValueError(f"strength {allowed}, got {strength}")
        if clip is not None and (len(clip) != 2 or clip[0] >= clip[1]):
            raise ValueError(f"clip takes [low, high] with low < high, or null, got {clip}")
        self.strength = cast(float, strength)  # the clock puts a number where a schedule stands
        self.clip, self.always = clip, always

    limits: tuple[float, float] = (0.0, 1.0)
    """Between which the strength must lie."""

    multiple: int = 1
    """Of which the sides of an image must be multiples."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x̃ [.] for an x of this shape; ValueError where it takes no such x."""
        return shape

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        raise NotImplementedError

    enters: bool = False
    """Whether a user's own photo has to be brought to the encoder by `enter`, always there or not."""

    def enter(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """x̃ of a user's own photo [b, c, h, w], which comes as if corrupted already."""
        return self(x)


class Corruptions(nn.Module):
    """A list of corruptions, composed in order; none at all leaves x̃ = x."""

    def __init__(self, parts: Mapping[str, Corruption]) -> None:
        super().__init__()
        self.parts = nn.ModuleDict()
        self.parts._modules.update(parts)
        self.chain: list[Corruption] = list(self.parts.values())  # type: ignore[arg-type]

    @property
    def gives(self) -> tuple[str, ...]:
        return ("x_tilde", *dict.fromkeys(name for part in self.chain for name in part.gives))

    @property
    def multiple(self) -> int:
        return prod(part.multiple for part in self.chain)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for part in self.chain:
            shape = part.output_shape(shape)
        return shape

    def forward(self, x: Tensor, in_use: bool = False) -> dict[str, Tensor]:
        """{"x_tilde": ..., "mask": ...}; in use only those that are `always` there."""
        return composed(x, [(part, part) for part in self.chain if part.always or not in_use])

    def enter(self, x: Tensor) -> dict[str, Tensor]:
        """The same of a user's own photo, which nothing has to corrupt, of any size."""
        return composed(x, [(part, part.enter) for part in self.chain if part.always or part.enters])


def composed(
    x: Tensor, chain: list[tuple[Corruption, Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]]]
) -> dict[str, Tensor]:
    """x̃, and what is hidden in it, after these calls of corruptions, one after another."""
    trace, x_tilde = {}, x
    for part, call in chain:
        out = call(x_tilde)
        if isinstance(out, tuple):
            out, mask = out
            trace["mask"] = torch.maximum(trace["mask"], mask) if "mask" in trace else mask
        x_tilde = out if part.clip is None else out.clamp(*part.clip)
    trace["x_tilde"] = x_tilde
    return trace
