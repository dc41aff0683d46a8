"""One photo of a user's own through a model of patches: restored, enlarged or coloured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from aelab.colour import from_ycbcr, ycbcr
from aelab.corruption.downsample import resized
from aelab.photo import Photo
from aelab.system import System
from aelab.tiles import restored

Sides = tuple[int, int]
"""Height and width."""
LARGEST = 178_956_970
"""Pixels of a result; as many as Pillow reads."""


@dataclass
class Restored:
    """RGB in [0, 1], all of one size: [1, 3, H, W]

    before: what the encoder was given, enlarged bicubically where it is smaller; grey for a colorizer.
    truth: what was corrupted, where something was.
    """

    before: Tensor
    after: Tensor
    truth: Tensor | None = None


def restore(system: System, photo: Photo, degrade: bool = False, **how: Any) -> tuple[Photo, Restored]:
    """(the photo as it is to be written, what is to be seen and scored of it); see `restored_pixels`.

    What is grey stays grey, unless the model puts colours in; what is transparent is enlarged with the rest.
    """
    found = restored_pixels(system, photo.pixels, degrade, **how)
    shape, bits, notes = system.dataset.shape, photo.bits, photo.notes
    is_grey = photo.is_grey and (shape[0] == 1 or system.corruption.output_shape(shape)[0] == 3)
    if is_grey:
        found.after = found.after.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    elif bits == 16:
        bits, notes = 8, [*notes, "16 bits, in colour written as 8"]
    if (alpha := photo.alpha) is not None:
        alpha = cropped(alpha, system.corruption.multiple) if degrade else alpha
        alpha = enlarged(alpha, (found.after.shape[-2], found.after.shape[-1]))
    return replace(photo, pixels=found.after, is_grey=is_grey, alpha=alpha, bits=bits, notes=notes), found


@torch.no_grad()
def restored_pixels(
    system: System,
    photo: Tensor,
    degrade: bool = False,
    overlap: float | None = None,
    given: Mapping[str, Tensor] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Restored:
    """A photo [1, 3, h, w] in [0, 1], three equal channels if it is grey, by tiles. The system is at rest.

    A model of the luminance restores Y of Y Cb Cr and leaves Cb and Cr, but enlarges them where it enlarges.

    degrade: corrupt it first, as in training, cropped to what the corruption takes.
    given: what else the model reads, of one row.
    overlap, progress: as `tiles.restored` takes them.
    """
    dataset, corruption = system.dataset, system.corruption
    is_y = dataset.shape[0] == 1
    times = 1 if degrade else corruption.multiple
    h, w = photo.shape[-2:]
    if h * w * times**2 > LARGEST:
        raise ValueError(f"{w * times} x {h * times} pixels are too many; at most {LARGEST // 10**6} million")
    if degrade:
        photo = cropped(photo, corruption.multiple)
    image = ycbcr(photo) if is_y else photo
    colour = image[:, 1:]
    x = dataset.scale(255 * image[:, : dataset.shape[0]]).to(system.device, system.dtype)
    if degrade:
        trace = system.corrupted(x)
        # noise is of the luminance alone; fewer pixels are of the colours too
        for part in corruption.chain if is_y else ():
            if part.multiple > 1:
                colour = part(colour)
    else:
        trace = system.entered(x)
    trace.update(given or {})
    x_hat = restored(system, trace, overlap, progress)
    size = (x_hat.shape[-2], x_hat.shape[-1])

    def picture(x: Tensor) -> Tensor:
        """[1, 1 or 3, h, w] in model units -> RGB"""
        shown = enlarged(dataset.scale.inverse(x.float()).div_(255).cpu(), size)
        if is_y:
            shown = from_ycbcr(torch.cat([shown, enlarged(colour, size)], 1))
        return shown.clamp_(0, 1).expand(-1, 3, -1, -1)

    before = picture(trace.x_tilde)
    del x, trace  # photos are large
    return Restored(before, picture(x_hat), photo if degrade else None)


def cropped(photo: Tensor, multiple: int) -> Tensor:
    """The top left part whose sides are multiples."""
    h, w = (side - side % multiple for side in photo.shape[-2:])
    if not h or not w:
        raise ValueError(
            f"{photo.shape[-1]} x {photo.shape[-2]} pixels cannot be made {multiple} times smaller"
        )
    return photo[..., :h, :w]


def enlarged(x: Tensor, size: Sides) -> Tensor:
    """Bicubically, to this size [h, w] if it has another."""
    return x if tuple(x.shape[-2:]) == size else resized(x, *size)
