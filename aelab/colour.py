"""Colour spaces of images [b, 3, h, w] in [0, 1], in batch and on any device."""

import numpy as np
import torch
from torch import Tensor

Matrix = tuple[tuple[float, float, float], ...]

YCBCR: Matrix = ((65.481, 128.553, 24.966), (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214))
YCBCR_AT_BLACK = (16.0, 128.0, 128.0)
LUMA: Matrix = ((0.299, 0.587, 0.114),)
XYZ: Matrix = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
D65 = (0.95047, 1.0, 1.08883)
"""XYZ of white in daylight, seen at 2 degrees."""
DELTA = 6 / 29
"""Where Lab's cube root goes over into a line     [CIE 015]"""


def luma(rgb: Tensor) -> Tensor:
    """0.299 R + 0.587 G + 0.114 B: the grey of a grey photo, from black at 0 to white at 1     [BT.601]"""
    return mixed(rgb, LUMA)  # [b, 1, h, w]


def luminance(rgb: Tensor) -> Tensor:
    """Y = (16 + 65.481 R + 128.553 G + 24.966 B)/255, from 16/255 to 235/255     [BT.601, studio range]

    Super-resolution is scored on it, as MATLAB's rgb2ycbcr gives it.
    """
    return (YCBCR_AT_BLACK[0] + mixed(rgb, YCBCR[:1])) / 255  # [b, 1, h, w]


def ycbcr(rgb: Tensor) -> Tensor:
    """Y as in `luminance`; Cb and Cr from 16/255 to 240/255, 128/255 for grey     [BT.601, studio range]"""
    return (mixed(rgb, YCBCR) + per_channel(YCBCR_AT_BLACK, rgb)) / 255


def from_ycbcr(image: Tensor) -> Tensor:
    """The inverse of `ycbcr`, outside [0, 1] where no colour has such Y, Cb and Cr."""
    return mixed(255 * image - per_channel(YCBCR_AT_BLACK, image), inverse(YCBCR))


def lab(rgb: Tensor) -> Tensor:
    """sRGB to L in [0, 100], a and b     [CIE 015, IEC 61966-2-1]

    L = 116 f(Y) − 16,  a = 500 (f(X) − f(Y)),  b = 200 (f(Y) − f(Z)),  X, Y, Z as fractions of white's
    """
    linear = torch.where(rgb > 0.04045, ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    t = mixed(linear, XYZ) / per_channel(D65, rgb)
    # clamped where the root is not taken, whose slope there would make NaN of a gradient
    root = t.clamp_min(DELTA**3) ** (1 / 3)
    x, y, z = torch.where(t > DELTA**3, root, t / (3 * DELTA**2) + 4 / 29).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def from_lab(image: Tensor) -> Tensor:
    """The inverse of `lab`, clipped to [0, 1] where sRGB has no such colour."""
    lightness, a, b = image.unbind(1)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], 1)
    t = torch.where(f > DELTA, f**3, 3 * DELTA**2 * (f - 4 / 29))
    linear = mixed(t * per_channel(D65, image), inverse(XYZ))
    least = 0.04045 / 12.92
    curved = 1.055 * linear.clamp_min(least) ** (1 / 2.4) - 0.055
    return torch.where(linear > least, curved, 12.92 * linear).clamp(0, 1)


def mixed(image: Tensor, matrix: Matrix) -> Tensor:
    """Every pixel's channels times a matrix; in numbers of Python, which no device rounds to fewer bits."""
    return torch.stack(
        [sum(m * c for m, c in zip(row, image.unbind(1), strict=True)) for row in matrix],  # type: ignore[misc]
        1,
    )


def per_channel(values: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None]  # [c, 1, 1]


def inverse(matrix: Matrix) -> Matrix:
    return tuple(map(tuple, np.linalg.inv(matrix).tolist()))
