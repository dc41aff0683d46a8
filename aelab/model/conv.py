"""Convolutional encoder and its mirror image, for images of any size."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.model.activation import Name, Output, output
from aelab.model.autoencoder import Autoencoder, Condition, Latent, Prior, check_residual
from aelab.model.net import After, Block, Initialisation, Net, Tied, after, initialise

Down = Literal["stride", "pool"]
Size = tuple[int, int]


class Levels(NamedTuple):
    """The way from images to vectors: so many maps at each halving, then full layers."""

    channels: list[int]
    kernel: int
    down: Down
    full: list[int]

    def check(self, shape: tuple[int, ...]) -> None:
        """Whether images [c, h, w] can go this way. Raises ValueError."""
        channels, kernel, down, full = self
        if not channels or any(n < 1 for n in channels):
            raise ValueError(f"channels must be positive and at least one, got {channels}")
        if any(n < 1 for n in full):
            raise ValueError(f"full must be positive, got {full}")
        if kernel < 1 or (kernel % 2 == 0 and down == "pool"):
            raise ValueError(f"kernel must be positive, and odd where down=pool, got {kernel}")
        if kernel % 2 == 0 and min(shape[1:]) < 2 ** len(channels):
            raise ValueError(f"images of {list(shape[1:])} pixels cannot be halved {len(channels)} times")


class Encoder(Net):
    """x̃ [b, c, h, w] -> h [b, width]: blocks that halve the image; then full layers

    Half of an odd side is rounded up, or down by an even kernel.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        levels: Levels,
        n_out: int,
        after: After,
        after_full: After,
    ) -> None:
        channels, kernel, down, full = levels
        c, h, w = shape
        sizes, blocks, odd = [(h, w)], [], kernel % 2
        for b in channels:
            layer = nn.Conv2d(c, b, kernel, stride=2 if down == "stride" else 1, padding=(kernel - 1) // 2)
            pool = nn.MaxPool2d(2, ceil_mode=True) if down == "pool" else None
            blocks.append(Block(layer=layer, **after(b), pool=pool))
            c, h, w = b, (h + odd) // 2, (w + odd) // 2
            sizes.append((h, w))
        sides = [c * h * w, *full, n_out]
        for i, (a, b) in enumerate(pairwise(sides)):
            flatten, behind = None if i else nn.Flatten(), after_full(b) if i < len(full) else {}
            blocks.append(Block(flatten=flatten, layer=nn.Linear(a, b), **behind))
        super().__init__(*blocks)
        self.sizes: list[Size] = sizes  # before each block and after the last

    def forward(self, h: Tensor, c: Tensor | None = None) -> Tensor:
        if c is not None:  # a map for each of its numbers
            h = torch.cat([h, c[:, :, None, None].expand(*c.shape, *h.shape[2:])], dim=1)
        return super().forward(h)


class Decoder(Net):
    """z [b, d] -> [b, c, h, w]: the encoder's blocks mirrored, unpooled by repetition where it pools"""

    def __init__(
        self,
        n_in: int,
        levels: Levels,
        out: tuple[int, ...],
        sizes: list[Size],
        after: After,
        after_full: After,
        tied_to: Net | None,
    ) -> None:
        channels, kernel, down, full = levels
        small = (channels[-1], *sizes[-1])
        sides, sources = [n_in, *full[::-1], prod(small)], tied_to.layers if tied_to else []
        blocks = []
        for i, (a, b) in enumerate(pairwise(sides)):
            layer = Tied(sources[-1 - i], nn.Parameter(torch.zeros(b))) if tied_to else nn.Linear(a, b)
            shape, behind = (
                (nn.Unflatten(1, small), after(small[0])) if i == len(full) else (None, after_full(b))
            )
            blocks.append(Block(layer=layer, shape=shape, **behind))
        for level in reversed(range(len(channels))):
            a, b = channels[level], [out[0], *channels][level]
            stride, size = (2 if down == "stride" else 1), sizes[level]
            layer = (
                TiedConv(sources[level], nn.Parameter(torch.zeros(b)), stride, size)
                if tied_to
                else ConvTo(a, b, kernel, stride, size)
            )
            unpool = nn.Upsample(size=size) if down == "pool" else None
            blocks.append(Block(unpool=unpool, layer=layer, **(after(b) if level else {})))
        super().__init__(*blocks)


class ConvTo(nn.ConvTranspose2d):
    """A transposed convolution to an exact size: its strided twin maps two sizes alike to n."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, size: Size) -> None:
        super().__init__(n_in, n_out, kernel, stride, padding=(kernel - 1) // 2)
        self.size = size

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(input, output_size=list(self.size))


class TiedConv(Tied):
    """The transpose of the encoder's own convolution, to an exact size"""

    def __init__(self, layer: nn.Module, bias: nn.Parameter, stride: int, size: Size) -> None:
        super().__init__(layer, bias)
        self.stride, self.size = stride, size

    def forward(self, h: Tensor) -> Tensor:
        kernel = self.weight.shape[-1]
        pad = (kernel - 1) // 2
        reached = [(n - 1) * self.stride - 2 * pad + kernel for n in h.shape[2:]]
        extra = [goal - size for goal, size in zip(self.size, reached, strict=True)]
        return F.conv_transpose2d(h, self.weight, self.bias, self.stride, pad, extra)


def conv(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: Latent,
    prior: Prior,
    channels: list[int],
    kernel: int,
    down: Down,
    activation: Name,
    output_activation: Output,
    dropout: float,
    batch_norm: bool,
    initialisation: Initialisation,
    tied: bool,
    condition: Condition | None = None,
    full: Sequence[int] = (),
    decoder: bool = True,
    residual: bool = False,
) -> Autoencoder:
    """A convolutional autoencoder; each of `channels` halves the image.

    shape, target: of x̃ and of x. maps, link: what the likelihood asks of the decoder.
    down: `stride`, strided convolutions and their transposes; `pool`, max-pooling and repetition.
    tied: the decoder's kernels are the encoder's.
    condition: as so many more maps of the input, and beside z.
    full: widths of full layers between the smallest maps and the code.
    decoder: whether there is one; without, nothing is rebuilt.
    residual: x̂ = x̃ + what the decoder gives.
    """
    if len(shape) != 3:
        raise ValueError(
            f"conv takes images [c, h, w]; this data gives vectors {list(shape)}. model=mlp takes them"
        )
    levels = Levels(channels, kernel, down, list(full))
    levels.check(shape)
    out = (target[0] * maps, *target[1:])
    if shape[1:] != target[1:]:
        raise ValueError(
            f"conv rebuilds images of the size it sees; {list(shape)} goes in, {list(target)} must come out"
        )
    k = condition.dim if condition else 0
    if tied and (k or shape != out or latent.width != latent.dim):
        raise ValueError(
            f"tied needs a net that mirrors itself; this one goes from {list(shape)} to {latent.width} "
            f"numbers, and from {latent.dim} to {list(out)}"
        )
    hidden = after(activation, dropout, nn.BatchNorm2d if batch_norm else None)
    flat = after(activation, dropout, nn.BatchNorm1d if batch_norm else None)
    encoder = Encoder((shape[0] + k, *shape[1:]), levels, latent.width, hidden, flat)
    tied_to = encoder if tied else None
    up = Decoder(latent.dim + k, levels, out, encoder.sizes, hidden, flat, tied_to) if decoder else None
    for net in filter(None, (encoder, up)):
        initialise(net, initialisation)
    if residual:
        check_residual(shape, target)
    act = output(output_activation, link)
    return Autoencoder(encoder, latent, prior, up, act, maps, condition, residual)
