"""Squares, ellipses and hearts: dSprites, drawn here from its specification."""

import math

import torch
from torch import Tensor

from aelab.dataset.rows import Rows
from aelab.dataset.sprites import CLASSES, SIDE, SIZES, TOTAL, Sprites

REACH = 16  # pixels from the middle of a shape to the edge of its window, so that 32 places fit into 64
WINDOW = 2 * REACH + 1


class Shapes(Sprites):
    """A pixel is white where its centre (u, v), turned and scaled to the shape's own axes, lies inside:

    square   max(|u|, |v|) ≤ 11
    ellipse  (u/15)² + (v/7.5)² ≤ 1
    heart    (u² + v² − 1)³ ≤ u² v³, in units of 12 pixels, v upwards

    at scale 1. A step of a position is one pixel. Not pixel by pixel the published file, which was drawn by
    another program (dataset=dsprites reads it).     [Matthey et al. 2017, dSprites]
    """

    def read(self) -> Rows:
        factors = torch.stack(torch.unravel_index(self.chosen(TOTAL), tuple(SIZES.values())), dim=1)  # [n, 5]
        shape, scale, turn, x, y = factors.T
        windows = shifted(sprites())  # [3, 6, 40, 32, 33, 8]
        images = torch.zeros(len(factors), SIDE, SIDE // 8, dtype=torch.uint8)
        for top in range(SIZES["position_y"]):
            rows = (y == top).nonzero().flatten()
            images[rows, top : top + WINDOW] = windows[shape[rows], scale[rows], turn[rows], x[rows]]
        return self.rows_of(images.flatten(1), factors)


def sprites() -> Tensor:
    """Every shape at every scale and orientation, in the middle of its window, [3, 6, 40, 33, 33] bool."""
    scale = torch.linspace(0.5, 1, SIZES["scale"])[:, None, None, None]
    angle = torch.linspace(0, 2 * math.pi, SIZES["orientation"])[:-1, None, None]
    axis = torch.arange(-REACH, REACH + 1.0)
    down, right = torch.meshgrid(axis, axis, indexing="ij")  # [33, 33]
    u = (right * angle.cos() - down * angle.sin()) / scale  # [6, 39, 33, 33]
    v = -(right * angle.sin() + down * angle.cos()) / scale
    inside = torch.stack([square(u, v), ellipse(u, v), heart(u, v)])
    assert len(inside) == len(CLASSES)
    return torch.cat([inside, inside[:, :, :1]], dim=2)  # a whole turn is none


def square(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(u.abs(), v.abs()) <= 11


def ellipse(u: Tensor, v: Tensor) -> Tensor:
    return (u / 15) ** 2 + (v / 7.5) ** 2 <= 1


def heart(u: Tensor, v: Tensor) -> Tensor:
    u, v = u / 12, v / 12 + 0.12  # its curve reaches from −1 to 1.24: about the middle of that it turns
    return (u**2 + v**2 - 1) ** 3 <= u**2 * v**3


def shifted(windows: Tensor) -> Tensor:
    """[..., 33, 33] bool -> bits of every place across the image, [..., 32, 33, 8] uint8."""
    wide = torch.zeros(*windows.shape[:-2], SIZES["position_x"], WINDOW, SIDE, dtype=torch.bool)
    for left in range(SIZES["position_x"]):
        wide[..., left, :, left : left + WINDOW] = windows
    places = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8)
    return (wide.unflatten(-1, (-1, 8)) * places).sum(-1, dtype=torch.uint8)
