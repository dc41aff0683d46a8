"""Foreground and background apart: two decoders, and a gate that lays one over the other."""

import torch
from torch import Tensor, nn

from aelab.model.activation import Name, Output, output
from aelab.model.autoencoder import Autoencoder, Condition, Latent, Prior
from aelab.model.conv import Decoder, Down, Encoder, Levels
from aelab.model.net import Initialisation, after, initialise


class Encoders(nn.Module):
    """x̃, c -> h of [z_F, z_B]: each code has an encoder of its own

    parts: 2 where h is (μ, log σ²), each of both codes; 1 where it is the code alone.
    """

    def __init__(self, foreground: Encoder, background: Encoder, parts: int) -> None:
        super().__init__()
        self.foreground, self.background, self.parts = foreground, background, parts

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        front, behind = (net(x, c).chunk(self.parts, dim=1) for net in (self.foreground, self.background))
        return torch.cat([part for both in zip(front, behind, strict=True) for part in both], dim=1)


class Layers(nn.Module):
    """z = [z_F, z_B] -> (x_F, gate) of (z_F, c) and x_B of z_B alone

    dim: numbers of z_F.
    """

    def __init__(self, foreground: Decoder, background: Decoder, dim: int) -> None:
        super().__init__()
        self.foreground, self.background, self.dim = foreground, background, dim

    def forward(self, z: Tensor, c: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """z [n, d], c [n, k] -> x_F [n, *shape], gate [n, 1, h, w], x_B [n, *shape], before any activation"""
        front, behind = z[:, : self.dim], z[:, self.dim :]
        if c is not None:
            front = torch.cat([front, c], dim=1)
        x_foreground, gate = self.foreground(front).tensor_split([-1], dim=1)
        return x_foreground, gate, self.background(behind)


class Layered(Autoencoder):
    """x̂ = x_F + g ⊙ x_B,  g = σ(gate),  x_F and g of (z_F, c),  x_B of z_B     [Yan et al. 2016, their code]

    Each code has an encoder of its own, of (x, c); the paper's of z_B sees z_F too.
    """

    decoder: Layers

    @property
    def rebuilt(self) -> tuple[str, ...]:
        return (*super().rebuilt, "x_foreground", "x_background", "gate_logits")

    def decode(self, z: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """z [n·b, d], c [b, k] -> {"x_hat": [n·b, *shape], the layers and their gate}"""
        x_foreground, gate, x_background = self.decoder(
            z, None if c is None else c.repeat(len(z) // len(c), 1)
        )
        if self.output:
            x_foreground, x_background = self.output(x_foreground), self.output(x_background)
        x_hat = x_foreground + gate.sigmoid() * x_background
        layers = {"x_foreground": x_foreground, "x_background": x_background, "gate_logits": gate}
        return {"x_logits": x_hat, "x_hat": x_hat, **layers}


def layered(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: Latent,
    prior: Prior,
    foreground: float,
    channels: list[int],
    kernel: int,
    down: Down,
    full: list[int],
    activation: Name,
    output_activation: Output,
    dropout: float,
    batch_norm: bool,
    initialisation: Initialisation,
    condition: Condition | None = None,
) -> Autoencoder:
    """A convolutional autoencoder of two layers; each of `channels` halves the image.

    shape, target: of x̃ and of x. maps, link: what the likelihood asks of the decoder.
    foreground: share of the code that is z_F; the rest is z_B.
    full: widths of full layers between the smallest maps and the codes.
    output_activation: of both layers.
    condition: as so many more maps of the input, and beside z_F.
    """
    if len(shape) != 3 or shape[1:] != target[1:]:
        raise ValueError(
            f"layered takes images [c, h, w] and rebuilds their size; {list(shape)} goes in, {list(target)} "
            "must come out"
        )
    levels = Levels(channels, kernel, down, list(full))
    levels.check(shape)
    if maps != 1 or link != "identity":
        raise ValueError(
            "layered adds its layers up: it has neither logits, as bce needs, nor a variance map; "
            "loss=[smooth_l1], mse or gaussian with a variance for all pixels take it"
        )
    if not 0 < foreground < 1:
        raise ValueError(f"foreground must lie between 0 and 1, got {foreground}")
    if latent.dim < 2:
        raise ValueError(f"layered needs a code of at least 2 numbers, one a layer, got {latent.dim}")
    parts, rest = divmod(latent.width, latent.dim)
    if rest or parts > 2:
        raise ValueError(
            f"layered has an encoder for either part of the code, and {type(latent).__name__} takes "
            f"{latent.width} numbers for all of it together; model/latent=gaussian goes"
        )
    front = min(max(round(foreground * latent.dim), 1), latent.dim - 1)
    behind, k = latent.dim - front, condition.dim if condition else 0
    hidden = after(activation, dropout, nn.BatchNorm2d if batch_norm else None)
    flat = after(activation, dropout, nn.BatchNorm1d if batch_norm else None)
    seen = (shape[0] + k, *shape[1:])

    def encoder(n: int) -> Encoder:
        return Encoder(seen, levels, parts * n, hidden, flat)

    def decoder(n: int, maps: int) -> Decoder:
        sizes = encoders.foreground.sizes
        return Decoder(n, levels, (maps, *target[1:]), sizes, hidden, flat, None)

    encoders = Encoders(encoder(front), encoder(behind), parts)
    layers = Layers(decoder(front + k, target[0] + 1), decoder(behind, target[0]), front)
    initialise(encoders, initialisation)
    initialise(layers, initialisation)
    return Layered(encoders, latent, prior, layers, output(output_activation, link), condition=condition)
