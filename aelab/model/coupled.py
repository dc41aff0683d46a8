"""Two autoencoders, of x̃ and of x, and a net from the codes of the one to those of the other."""

import copy
from collections.abc import Collection
from typing import Any

from torch import Tensor, nn

from aelab.model.activation import Name, Output
from aelab.model.autoencoder import Autoencoder, Latent, Prior, check_residual
from aelab.model.mlp import mlp
from aelab.model.net import Initialisation, initialise, perceptron
from aelab.model.prior.normal import Normal
from aelab.trace import Trace


class Across(nn.Module):
    """x̃ -> h = map(z_low): what the low-resolution code says of the high-resolution one"""

    def __init__(self, low: Autoencoder, map: nn.Module) -> None:
        super().__init__()
        self.low, self.map = low, map

    def forward(self, x: Tensor) -> Tensor:
        return self.map(self.low.latent.settled(self.low.encode(x)))


class Low(Autoencoder):
    """x̃ -> z_low -> x̃ rebuilt; where residual, of what each picture has beside its mean m: x̃ − m -> z_low"""

    def encode(self, x: Tensor, c: Tensor | None = None) -> dict[str, Any]:
        return super().encode(x - mean(x) if self.residual else x, c)

    def base(self, trace: Trace) -> Tensor:
        return mean(trace["x_tilde"])


class High(Autoencoder):
    """x -> z_high -> x̂; where residual, of the detail: x − x̃ -> z_high -> x̂ − x̃     [Yang et al. 2010]"""

    def shown(self, trace: Trace) -> Tensor:
        return trace["x"] - trace["x_tilde"] if self.residual else trace["x"]


def mean(x: Tensor) -> Tensor:
    """Of every picture, channel by channel; of a vector, over its features."""
    return x.mean((2, 3) if x.ndim == 4 else 1, keepdim=True)


class Coupled(Autoencoder):
    """x̂ = decode_high(map(encode_low(x̃))), where residual x̃ more     [Zeng et al. 2017; Yang et al. 2010]

    Residual codes know detail alone: of x̃ what it has beside its mean, of x what it has beside x̃.

    low: of x̃ alone. high: of x. Only training uses the first's decoder and the second's encoder.
    map: z_low [b, d] -> h [b, width], of which high's latent makes z.
    """

    def __init__(self, low: Autoencoder, map: nn.Module, high: High) -> None:
        across = Across(low, map)
        super().__init__(
            across, high.latent, high.prior, high.decoder, high.output, high.maps, residual=high.residual
        )
        self.low, self.map, self.high = low, map, high
        # the three have them: what is listed, counted and saved is theirs, and once
        for name in ("encoder", "latent", "prior", "decoder"):
            self.__dict__[name] = self._modules.pop(name)

    @property
    def gives(self) -> tuple[str, ...]:
        return (*super().gives, "z_high")

    def forward(self, trace: Trace, in_use: bool = False, needed: Collection[str] | None = None) -> Trace:
        super().forward(trace, in_use, needed)
        if needed is None or "z_high" in needed:
            trace["z_high"] = self.high.latent.settled(self.high.encode(self.high.shown(trace)))
        return trace


def coupled(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: Latent,
    prior: Prior,
    widths: list[int],
    map_widths: list[int],
    activation: Name,
    output_activation: Output,
    dropout: float,
    batch_norm: bool,
    initialisation: Initialisation,
    residual: bool,
) -> Coupled:
    """Two autoencoders of fully connected layers, alike but for what they are of, and a net between.

    shape, target: of x̃ and of x. maps, link: what the likelihood asks of the high-resolution decoder.
    latent: of either; that of x̃ is of the same kind and size.
    widths: of the encoders' hidden layers, mirrored in the decoders.
    map_widths: of the hidden layers between the codes.
    residual: x̂ = x̃ + what the decoder gives; the autoencoders are of x̃ − its mean and of x − x̃.
    """
    if any(width < 1 for width in map_widths):
        raise ValueError(f"map_widths must be positive, got {map_widths}")
    if residual:
        check_residual(shape, target)
    settings = (widths, activation, output_activation, dropout, batch_norm, initialisation, False)
    small = copy.deepcopy(latent)
    own = mlp(shape, shape, 1, "identity", small, Normal(latent.dim), *settings)
    nets = mlp(target, target, maps, link, latent, prior, *settings)
    low = Low(own.encoder, small, own.prior, own.decoder, own.output, residual=residual)
    high = High(nets.encoder, latent, prior, nets.decoder, nets.output, maps, residual=residual)
    between = perceptron([latent.dim, *map_widths, latent.width], activation)
    initialise(between, initialisation)
    return Coupled(low, between, high)
