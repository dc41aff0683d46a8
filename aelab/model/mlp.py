"""Fully connected encoder and its mirror image."""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from aelab.model.activation import Name, Output, output
from aelab.model.autoencoder import Autoencoder, Condition, Latent, Prior, check_residual
from aelab.model.net import After, Block, Initialisation, Net, Tied, after, initialise, keep_orthonormal


class Encoder(Net):
    """x̃ [b, *shape], c [b, k] -> h [b, width]: blocks h = dropout(act(norm(Wh + b))), the last one plain"""

    def __init__(self, n_in: int, widths: list[int], n_out: int, after: After) -> None:
        blocks = [
            Block(layer=nn.Linear(a, b), **after(b)) for a, b in zip([n_in, *widths], widths, strict=False)
        ]
        super().__init__(*blocks, Block(layer=nn.Linear([n_in, *widths][-1], n_out)))

    def forward(self, h: Tensor, c: Tensor | None = None) -> Tensor:
        h = h.flatten(1)
        return super().forward(h if c is None else torch.cat([h, c], dim=1))


class Decoder(Net):
    """z [b, d] -> [b, *shape]: the encoder's blocks mirrored; tied, with its weights transposed"""

    def __init__(
        self, n_in: int, widths: list[int], shape: tuple[int, ...], after: After, tied_to: Net | None
    ) -> None:
        sizes = [n_in, *widths, prod(shape)]
        if tied_to is None:
            layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
        else:
            mirrored = reversed(tied_to.layers)
            layers = [
                Tied(layer, nn.Parameter(torch.zeros(n)))
                for layer, n in zip(mirrored, sizes[1:], strict=True)
            ]
        blocks = [Block(layer=layer, **after(n)) for layer, n in zip(layers, widths, strict=False)]
        super().__init__(*blocks, Block(layer=layers[-1]))
        self.shape = shape

    def forward(self, h: Tensor) -> Tensor:
        return super().forward(h).view(-1, *self.shape)


def mlp(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: Latent,
    prior: Prior,
    widths: list[int],
    activation: Name | nn.Module,
    output_activation: Output,
    dropout: float,
    batch_norm: bool,
    initialisation: Initialisation,
    tied: bool,
    orthonormal: bool = False,
    condition: Condition | None = None,
    decoder_widths: list[int] | None = None,
    decoder_activation: Name | nn.Module | None = None,
    decoder: bool = True,
    residual: bool = False,
) -> Autoencoder:
    """An autoencoder of fully connected layers; widths [] makes it linear.

    shape, target: of x̃ and of x. maps, link: what the likelihood asks of the decoder.
    widths: of the encoder's hidden layers, mirrored in the decoder; wider than x makes it overcomplete.
    activation: of the hidden layers; a node such as {_target_: aelab.model.top_k.TopK, k: 25} makes one.
    tied: the decoder's weights are the encoder's, transposed.
    orthonormal: the encoder's weights keep orthonormal rows through the training; tied, the decoder's W
        has WᵀW = I.
    condition: beside x̃ and beside z.
    decoder_widths, decoder_activation: of a decoder that is no mirror image, from the code on.
    decoder: whether there is one; without, nothing is rebuilt.
    residual: x̂ = x̃ + what the decoder gives.
    """
    for name, sides in {"widths": widths, "decoder_widths": decoder_widths or []}.items():
        if any(width < 1 for width in sides):
            raise ValueError(f"{name} must be positive, got {sides}")
    if tied and not (decoder_widths is None and decoder_activation is None):
        raise ValueError("tied needs a decoder that mirrors the encoder: decoder_widths and _activation null")
    k = condition.dim if condition else 0
    n_in, out = prod(shape) + k, (target[0] * maps, *target[1:])
    if tied and (n_in != prod(out) or latent.width != latent.dim):
        raise ValueError(
            f"tied needs a net that mirrors itself; this one goes from {n_in} numbers to {latent.width}, "
            f"and from {latent.dim} to {prod(out)}"
        )
    hidden = after(activation, dropout, nn.BatchNorm1d if batch_norm else None)
    encoder = Encoder(n_in, widths, latent.width, hidden)
    rising = after(decoder_activation or activation, dropout, nn.BatchNorm1d if batch_norm else None)
    ups = widths[::-1] if decoder_widths is None else decoder_widths
    up = Decoder(latent.dim + k, ups, out, rising, encoder if tied else None) if decoder else None
    for net in filter(None, (encoder, up)):
        initialise(net, initialisation)
    if orthonormal:
        keep_orthonormal(encoder)
    if residual:
        check_residual(shape, target)
    act = output(output_activation, link)
    return Autoencoder(encoder, latent, prior, up, act, maps, condition, residual)
