"""The net of the reference classifier, for images of any size and number of channels."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (16, 32, 64)
"""Maps of each block, which halves the image, rounding up."""

SIDE = 4
"""Of the maps that the full layer sees, at most."""

FEATURES = 128
"""Units of the last hidden layer."""


class Classifier(nn.Module):
    """(raw − m)/s -> [convolution, norm, relu, pool] for each of CHANNELS -> hidden [b, FEATURES] -> logits

    raw: [b, c, h, w] in the data's stored units.
    m, s: mean and standard deviation of each channel over the rows that it was trained on.
    """

    layers: tuple[str, ...] = tuple(f"relu{i}_1" for i in range(1, len(CHANNELS) + 1))
    """Names of the feature maps, before each pool."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        c, h, w = shape
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(c, 1, 1))
        self.register_buffer("std", torch.ones(c, 1, 1))
        blocks = []
        for n in CHANNELS:
            kernel = 3 if blocks else 5
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(c, n, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(n), nn.ReLU()
                )
            )
            c, h, w = n, (h + 1) // 2, (w + 1) // 2
        self.blocks = nn.ModuleList(blocks)
        self.side = min(h, SIDE), min(w, SIDE)
        self.hidden = nn.Sequential(nn.Linear(c * self.side[0] * self.side[1], FEATURES), nn.ReLU())
        self.dropout = nn.Dropout(0.25)
        self.last = nn.Linear(FEATURES, classes)

    def maps(self, raw: Tensor, names: tuple[str, ...]) -> list[Tensor]:
        """The feature maps of these names, each [b, n, h, w]."""
        h, found, last = (raw - self.mean) / self.std, {}, max(map(self.layers.index, names))
        for i, (name, block) in enumerate(zip(self.layers, self.blocks, strict=True)):
            h = found[name] = block(pool(h) if i else h)
            if i == last:
                break
        return [found[name] for name in names]

    def features(self, raw: Tensor) -> Tensor:
        """The last hidden layer, [b, FEATURES]."""
        (h,) = self.maps(raw, self.layers[-1:])
        h = pool(h)
        if h.shape[2:] != self.side:
            h = F.adaptive_avg_pool2d(h, self.side)
        return self.hidden(h.flatten(1))

    def forward(self, raw: Tensor) -> Tensor:
        """Logits [b, classes]."""
        return cast(Tensor, self.last(self.dropout(self.features(raw))))


def pool(h: Tensor) -> Tensor:
    return F.max_pool2d(h, 2, ceil_mode=True)
