"""The artefacts of JPEG."""

from io import BytesIO
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aelab.corruption.corruption import Corruption
from aelab.schedule import Number, numbers


class JPEG(Corruption):
    """x̃ = x written to a JPEG file and read again: blocks of 8 x 8, and colour at half the resolution

    Images of 1 or 3 channels in [0, 1], clipped to it and rounded to bytes. It draws nothing, and no gradient
    goes through it; the codec runs on the CPU.

    quality: from 1 to 100, as the codec counts, rounded.
    """

    def __init__(self, quality: Number, clip: list[float] | None = None, always: bool = False) -> None:
        super().__init__(1.0, clip, always)
        if not all(1 <= q <= 100 for q in numbers(quality)):
            raise ValueError(f"quality must lie in [1, 100], got {quality}")
        self.quality = cast(float, quality)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError(f"JPEG is of images; these rows are vectors {list(shape)}")
        if shape[0] not in (1, 3):
            raise ValueError(f"JPEG takes images of 1 or 3 channels; these have {shape[0]}")
        return shape

    def forward(self, x: Tensor) -> Tensor:
        stored = (255 * x.clamp(0, 1)).round().to("cpu", torch.uint8)
        pixels = stored.movedim(1, -1).numpy()  # [b, h, w, c]
        pixels = pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels
        read = np.stack([reread(image, round(self.quality)) for image in pixels])
        return torch.from_numpy(read).reshape(*read.shape[:3], -1).movedim(-1, 1).to(x) / 255


def reread(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Bytes [h, w] or [h, w, 3] as they come back from a file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file, formats=["JPEG"]))
