"""Fewer pixels, for super-resolution."""

from typing import Literal, cast

import torch.nn.functional as F
from torch import Tensor

from aelab.corruption.blur import blurred
from aelab.corruption.corruption import Corruption
from aelab.precision import single
from aelab.schedule import Number, numbers


class Downsample(Corruption):
    """x̃ = U D x, D making x smaller, [b, c, h/scale, w/scale], and U as large again

    [Dong et al. 2016, sec. 3.1]

    D and U are the cubic convolution of Keys, a = −½, spread `scale` times as wide where it makes smaller, as
    MATLAB's imresize and Pillow have it; at the borders it is cut as Pillow's, where MATLAB's reflects.

    scale: how many times smaller, a whole number that divides both sides.
    kernel: D, `bicubic` or the mean of an `area` of scale x scale pixels.
    enlarge: U, `bicubic`; with `none` x̃ stays small, and has to be so in use too.
    blur: σ in pixels of x of a Gaussian before D.
    """

    enters = True

    def __init__(
        self,
        scale: int,
        kernel: Literal["bicubic", "area"] = "bicubic",
        enlarge: Literal["bicubic", "none"] = "bicubic",
        blur: Number = 0.0,
        clip: list[float] | None = None,
        always: bool = False,
    ) -> None:
        super().__init__(1.0, clip, always)
        if scale < 2:
            raise ValueError(f"scale must be a whole number from 2, got {scale}")
        if not all(sigma >= 0 for sigma in numbers(blur)):
            raise ValueError(f"blur must not be negative, got {blur}")
        self.scale, self.kernel, self.enlarge = scale, kernel, enlarge
        self.multiple = scale
        self.blur = cast(float, blur)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"makes images smaller; these rows are vectors {list(shape)}")
        c, *sides = shape
        if any(side % self.scale for side in sides):
            raise ValueError(f"scale must divide both sides of an image, got {self.scale} and sides {sides}")
        return shape if self.enlarge == "bicubic" else (c, *(side // self.scale for side in sides))

    def forward(self, x: Tensor) -> Tensor:
        x_tilde = blurred(x, self.blur)
        if self.kernel == "area":
            x_tilde = F.avg_pool2d(x_tilde, self.scale)
        else:
            h, w = x.shape[-2:]
            x_tilde = resized(x_tilde, h // self.scale, w // self.scale)
        return self.enter(x_tilde)

    def enter(self, x: Tensor) -> Tensor:
        """x in use, where it comes small: enlarged by `scale`, if the encoder takes it enlarged."""
        h, w = x.shape[-2:]
        return x if self.enlarge == "none" else resized(x, h * self.scale, w * self.scale)


def resized(x: Tensor, h: int, w: int) -> Tensor:
    # antialias spreads the kernel where x is made smaller, and a is −½ only with it, −¾ without; it knows no
    # half precision
    return F.interpolate(single(x), size=(h, w), mode="bicubic", antialias=True).to(x.dtype)
