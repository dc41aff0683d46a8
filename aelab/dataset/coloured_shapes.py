"""Shapes in colour before textured backgrounds: their masks are known, and what can be said of them."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aelab.dataset.rows import Rows
from aelab.dataset.shapes import Shapes
from aelab.dataset.sprites import CLASSES, SIDE, SIZES

LIKENESSES = (4, 2, 1)
"""How often in a whole turn each of CLASSES looks the same."""
MUTED = (0.1, 0.6)
"""Between which the channels of a background's two colours lie."""
CYCLES = (0.3, 1.2)
"""Of a background's waves across the image."""


class ColouredShapes(Shapes):
    """x = s ⊙ colour + (1 − s) ⊙ (a + (b − a) t),   t = ½ + ¼ Σ_{i=1,2} sin 2π(f_i · p + φ_i)

    s: 1 inside the shape, as dataset=shapes draws it. a, b: two muted colours, which two plane waves of
    frequencies f_i and phases φ_i mix; p in [0, 1]² is the place in the image.

    Attributes: which shape (one of three numbers is 1), the colour's red, green and blue, scale, position,
    and (1 + cos kθ)/2 and (1 + sin kθ)/2 of the orientation θ, k the times that the shape looks the same in a
    whole turn: a square turned by a quarter is no other picture. The background is not among them: what
    attributes leave open is for the code.

    rows.x holds the packed bits of s; images are made minibatch by minibatch, where the data lies.
    """

    def __init__(self, n: int | None, **common: Any) -> None:
        super().__init__(n, **common)
        if self.augment:
            raise ValueError(f"augment: {self.augment} would part images from their masks and positions")
        if self.binarize == "static":
            raise ValueError("binarize: static needs images that lie in memory as they are; use dynamic")

    def chosen(self, total: int) -> Tensor:
        """Shuffled, so that the first rows show shapes of every kind, size and place."""
        rows = super().chosen(total)
        return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(self.split_seed))]

    def read(self) -> Rows:
        rows = super().read()
        assert rows.factors is not None
        shape, scale, turn, x, y = rows.factors.T
        generator = torch.Generator().manual_seed(self.split_seed)
        drawn = torch.rand(len(shape), 15, generator=generator)
        self.colour, pair, angle, cycles, phase = drawn.split([3, 6, 2, 2, 2], dim=1)
        self.pair = between(MUTED, pair).unflatten(1, (2, 3))  # a and b, [n, 2, 3]
        angle, cycles = 2 * math.pi * angle, between(CYCLES, cycles)
        self.waves = torch.stack([cycles * angle.cos(), cycles * angle.sin(), phase], 2)  # [n, 2, 3]
        steps = [SIZES[name] - 1 for name in ("scale", "position_x", "position_y")]
        numbers = torch.stack([scale, x, y], 1) / torch.tensor(steps)
        theta = 2 * math.pi / (SIZES["orientation"] - 1) * turn * torch.tensor(LIKENESSES)[shape]
        round_ = 0.5 + 0.5 * torch.stack([theta.cos(), theta.sin()], 1)
        known = [one_hot(shape, len(CLASSES)), self.colour, numbers, round_]
        rows.attributes = torch.cat(known, 1)  # [n, 11]
        rows.attribute_names = [*CLASSES, "red", "green", "blue", "scale", "position_x", "position_y"]
        rows.attribute_names += ["orientation_cos", "orientation_sin"]
        return rows

    def to(self, device: torch.device) -> "ColouredShapes":
        super().to(device)
        self.colour, self.pair, self.waves = (of.to(device) for of in (self.colour, self.pair, self.waves))
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, SIDE, SIDE)

    def stored(self, rows: Tensor) -> Tensor:
        """[b, 3, 64, 64] uint8"""
        segment, rows = self.segment(rows), rows.to(self.colour.device)
        colour = self.colour.index_select(0, rows)[..., None, None]  # [b, 3, 1, 1]
        a, b = self.pair.index_select(0, rows)[..., None, None].unbind(1)
        background = torch.lerp(a, b, texture(self.waves.index_select(0, rows)))
        return torch.where(segment > 0, colour, background).mul_(255).round_().to(torch.uint8)

    def segment(self, rows: Tensor) -> Tensor:
        """s [b, 1, 64, 64], 0 or 1"""
        return super().stored(rows).clamp_(max=1)

    def beside(self, rows: Tensor) -> dict[str, Tensor]:
        return {**super().beside(rows), "segment": self.segment(rows).float()}


def between(ends: tuple[float, float], t: Tensor) -> Tensor:
    low, high = ends
    return low + (high - low) * t


def texture(waves: Tensor) -> Tensor:
    """t of two waves (f_right, f_down, φ) [b, 2, 3]: [b, 1, 64, 64] in [0, 1]"""
    place = torch.linspace(0, 1, SIDE, device=waves.device)
    right, down, phase = waves[..., None, None].unbind(2)  # each [b, 2, 1, 1]
    turns = right * place + down * place[:, None] + phase  # [b, 2, 64, 64]
    return 0.5 + 0.25 * torch.sin(2 * math.pi * turns).sum(1, keepdim=True)
