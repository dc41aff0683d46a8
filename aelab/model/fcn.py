"""Convolutions alone: the code is a stack of small maps, which keeps every place."""

from collections.abc import Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from aelab.model.activation import Name, Output, output
from aelab.model.autoencoder import Autoencoder, Condition, Latent, Prior, check_residual
from aelab.model.conv import ConvTo
from aelab.model.net import After, Block, Initialisation, Net, after, initialise

Size = tuple[int, int]


class Encoder(Net):
    """x̃ [b, c, h, w] -> h [b, width]: blocks of convolutions, the last one plain, whose maps are flattened"""

    def __init__(
        self, n_in: int, channels: list[int], kernel: int, strides: list[int], n_out: int, after: After
    ) -> None:
        between, blocks = [n_in, *channels, n_out], []
        for i, stride in enumerate(strides):
            layer = nn.Conv2d(between[i], between[i + 1], kernel, stride, padding=kernel // 2)
            behind = after(between[i + 1]) if i < len(channels) else {"flatten": nn.Flatten()}
            blocks.append(Block(layer=layer, **behind))
        super().__init__(*blocks)

    def forward(self, h: Tensor, c: Tensor | None = None) -> Tensor:
        if c is not None:  # a map for each of its numbers
            h = torch.cat([h, c[:, :, None, None].expand(*c.shape, *h.shape[2:])], dim=1)
        return super().forward(h)


class Maps(nn.Module):
    """z [b, d], c [b, k] -> [b, maps + k, h, w]: flat numbers as maps, those behind them as a map each"""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape, self.dim = shape, prod(shape)

    def forward(self, h: Tensor) -> Tensor:
        maps, c = h[:, : self.dim].unflatten(1, self.shape), h[:, self.dim :]
        if not c.shape[1]:
            return maps
        return torch.cat([maps, c[:, :, None, None].expand(*c.shape, *maps.shape[2:])], dim=1)


class Decoder(Net):
    """z [b, d], c [b, k] -> [b, c, h, w]: the encoder's blocks mirrored

    small: of the code's maps. sizes: of the maps before each of the encoder's layers.
    """

    def __init__(
        self,
        small: tuple[int, int, int],
        k: int,
        channels: list[int],
        kernel: int,
        strides: list[int],
        sizes: list[Size],
        n_out: int,
        after: After,
    ) -> None:
        between, blocks = [n_out, *channels, small[0] + k], []
        for i in reversed(range(len(strides))):
            layer = ConvTo(between[i + 1], between[i], kernel, strides[i], sizes[i])
            shape = Maps(small) if i == len(channels) else None
            blocks.append(Block(shape=shape, layer=layer, **(after(between[i]) if i else {})))
        super().__init__(*blocks)


class FCN(Autoencoder):
    """h and z are maps [c, h, w], flattened; no full layer anywhere     [Mao et al. 2016, without its skips]

    shape, target: of x̃ and of x. link: what the likelihood asks of the decoder, as maps does.
    channels: of the hidden layers; none makes it linear.
    kernel: odd.
    strides: of every layer, the code's own among them; 2 halves the maps, an odd side rounded up.
    code: maps of the code.
    condition: as so many more maps of x̃ and of the code.
    residual: x̂ = x̃ + what the decoder gives.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        target: tuple[int, ...],
        maps: int,
        link: str,
        latent: Latent,
        prior: Prior,
        channels: list[int],
        kernel: int,
        strides: list[int],
        code: int,
        activation: Name,
        output_activation: Output,
        dropout: float,
        batch_norm: bool,
        initialisation: Initialisation,
        residual: bool,
        condition: Condition | None = None,
    ) -> None:
        sizes = sides(shape, strides)
        if shape[1:] != target[1:]:
            raise ValueError(
                f"fcn rebuilds images of the size it sees; {list(shape)} goes in, {list(target)} must "
                "come out"
            )
        if any(n < 1 for n in [*channels, code]):
            raise ValueError(f"channels and code must be positive, got {channels} and {code}")
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {kernel}")
        if len(strides) != len(channels) + 1:
            raise ValueError(
                f"strides takes one for each of channels and one for the code, {len(channels) + 1} in all, "
                f"got {strides}"
            )
        small = (code, *sizes[-1])
        if latent.dim != prod(small):
            raise ValueError(
                f"latent.dim is that of the code's maps {list(small)}: {prod(small)} or null, got "
                f"{latent.dim}"
            )
        each, rest = divmod(latent.width, latent.dim)
        if rest or each > 2:
            raise ValueError(
                f"fcn gives the latent so many maps for each of the code's, and {type(latent).__name__} "
                f"takes {latent.width} numbers for {latent.dim}; model/latent=gaussian goes"
            )
        if residual:
            check_residual(shape, target)
        k = condition.dim if condition else 0
        hidden = after(activation, dropout, nn.BatchNorm2d if batch_norm else None)
        encoder = Encoder(shape[0] + k, channels, kernel, strides, each * code, hidden)
        decoder = Decoder(small, k, channels, kernel, strides, sizes, target[0] * maps, hidden)
        for net in (encoder, decoder):
            initialise(net, initialisation)
        act = output(output_activation, link)
        super().__init__(encoder, latent, prior, decoder, act, maps, condition, residual)
        self.to(
            memory_format=torch.channels_last
        )  # half the time of a step in bf16, in single precision none

    @staticmethod
    def code_of(shape: tuple[int, ...], settings: Mapping[str, Any]) -> int:
        """Numbers of the code that these settings make of x̃ [c, h, w]."""
        return settings["code"] * prod(sides(shape, settings["strides"])[-1])


def sides(shape: tuple[int, ...], strides: list[int]) -> list[Size]:
    """Of the maps before each layer and behind the last. Raises ValueError."""
    if len(shape) != 3:
        raise ValueError(
            f"fcn takes images [c, h, w]; this data gives vectors {list(shape)}. model=mlp takes them"
        )
    if any(stride < 1 for stride in strides):
        raise ValueError(f"strides must be positive, got {strides}")
    found = [(shape[-2], shape[-1])]
    for stride in strides:
        h, w = found[-1]
        found.append((-(-h // stride), -(-w // stride)))
    return found
