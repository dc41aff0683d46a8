"""Encoder + latent + prior + decoder, and the Trace of one pass through them."""

from collections.abc import Callable
from math import inf

from torch import Tensor, nn

from aelab.trace import Trace


class Latent(nn.Module):
    """What the code is: the encoder's last output h becomes z and what else it `gives` to the Trace."""

    gives: tuple[str, ...] = ("z",)
    bounds: tuple[float, float] = (-inf, inf)
    """Between which every number of z lies in use; in training, dropout scales what stays."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self.dim = dim

    @property
    def width(self) -> int:
        """Numbers per sample that the encoder must give."""
        return self.dim

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        """h [b, width] -> {"z": [b, dim], ...}"""
        raise NotImplementedError


class Prior(nn.Module):
    """Where new codes come from."""

    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        """[n, dim] codes, of these labels where the prior depends on them."""
        raise NotImplementedError


class Autoencoder(nn.Module):
    """x̃ -> h -> z -> x̂

    encoder: x̃ [b, *shape] -> h [b, latent.width].
    decoder: z [b, d] -> [b, maps · c, ...]: x, and log σ² behind it if maps is 2; None rebuilds nothing.
    output: the activation that takes the decoder's output to x̂.
    maps: 2 where a term reads x_logvar.
    reads: what else of the Trace it takes, beside x_tilde.
    """

    reads: tuple[str, ...] = ()

    def __init__(
        self,
        encoder: nn.Module,
        latent: Latent,
        prior: Prior,
        decoder: nn.Module | None,
        output: Callable[[Tensor], Tensor] | None = None,
        maps: int = 1,
    ) -> None:
        super().__init__()
        self.encoder, self.latent, self.prior, self.decoder = encoder, latent, prior, decoder
        self.output, self.maps = output, maps
        # every matrix or kernel once, also where the decoder holds the encoder's
        self.weights = tuple(p for p in self.parameters() if p.ndim > 1)

    @property
    def gives(self) -> tuple[str, ...]:
        """The entries of its Trace."""
        rebuilt = () if self.decoder is None else ("x_logits", "x_hat", "decode")
        logvar = ("x_logvar",) if self.maps == 2 else ()
        return ("h", *self.latent.gives, "weights", "encode", *rebuilt, *logvar)

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """x [b, *shape] -> {"h": [b, width], "z": [b, d], ...}"""
        h = self.encoder(x)
        return {"h": h, **self.latent(h)}

    def decode(self, z: Tensor) -> dict[str, Tensor]:
        """z [b, d] -> {"x_logits", "x_hat": [b, *shape], ...}"""
        if self.decoder is None:
            return {}
        out = self.decoder(z)
        if self.maps == 2:
            out, logvar = out.chunk(2, dim=1)
            return {"x_logits": out, "x_hat": self.output(out) if self.output else out, "x_logvar": logvar}
        return {"x_logits": out, "x_hat": self.output(out) if self.output else out}

    def forward(self, trace: Trace) -> Trace:
        """Adds to a Trace that holds x_tilde."""
        trace.update(self.encode(trace["x_tilde"]))
        trace.update(self.decode(trace["z"]))
        trace["weights"], trace["encode"] = self.weights, self.encode
        if self.decoder is not None:
            trace["decode"] = self.decode
        return trace
