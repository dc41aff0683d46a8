"""Encoder + latent + prior + decoder, and the Trace of one pass through them."""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aelab.errors import UserError, at_least
from aelab.model.clustering import Clustering
from aelab.trace import Trace

if TYPE_CHECKING:
    from aelab.system import System


Encode = Decode = Callable[[Tensor], dict[str, Any]]
"""x [b, *shape] or z [b, d], with the condition that the minibatch has -> entries of the Trace"""


class Latent(nn.Module):
    """What the code is: the encoder's last output h becomes z and what else it `gives` to the Trace."""

    gives: tuple[str, ...] = ("z",)
    bounds: tuple[float, float] = (-inf, inf)
    """Between which every number of z lies in use; in training, dropout scales what stays."""
    idle_entries: tuple[str, ...] = ()
    """Entries that nothing else of the Trace is made of."""
    idle_settings: tuple[str, ...] = ()
    """Settings on which only these depend, and a training that reads none of them does not."""
    idle_parameters: tuple[str, ...] = ()
    """Parameters on which only these depend."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        at_least(dim=(dim, 1))
        self.dim = dim

    @property
    def width(self) -> int:
        """Numbers per sample that the encoder must give."""
        return self.dim

    def forward(self, h: Tensor) -> dict[str, Any]:
        """h [b, width] -> {"z": [b, dim], ...}"""
        raise NotImplementedError

    def settled(self, code: dict[str, Any]) -> Tensor:
        """The z [b, dim] of a code that is used and not trained on, where training draws one."""
        return code["z"]


class Prior(nn.Module):
    """Where new codes come from."""

    dense: bool = True
    """Whether it has a density that is nowhere 0; else terms and metrics can only work with its draws."""

    @property
    def fitted(self) -> bool:
        """Whether it was brought to the codes, so that its draws mean something whatever the loss."""
        return False

    def given(self, c: Tensor | None = None) -> Distribution:
        """p(z), or p(z given c) of every row of c [b, k]; a prior without a density has none."""
        raise NotImplementedError

    def sample(self, n: int, c: Tensor | None = None) -> Tensor:
        """[n, dim] codes; c is [n, k]."""
        p = self.given(c)
        return p.sample((n,) if not p.batch_shape else ())


class Condition(nn.Module):
    """What is known beside x: a vector c, which encoder, decoder and, where it has one, the prior are given.

    reads: the entries of the Trace that it is made of.
    seen: what the encoder is shown beside it.
    dim: numbers of c.
    """

    reads: tuple[str, ...] = ("y",)
    seen: Literal["x_tilde", "x"] = "x_tilde"
    dim: int

    def forward(self, *entries: Tensor, **named: Tensor) -> Tensor:
        """c [b, dim]"""
        raise NotImplementedError

    def objections(self, system: "System") -> Iterable[str]:
        """What of this system the condition cannot work with, a line each, asked before training."""
        return ()


def check_residual(shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    """Whether x̃ of this shape can be added to an x̂ of the target's. Raises ValueError."""
    if shape[1:] != target[1:] or shape[0] not in (target[0], 1):
        raise ValueError(
            f"residual adds x̃ to what the decoder gives: they must have one size, got {list(shape)} and "
            f"{list(target)}"
        )


class Autoencoder(nn.Module):
    """x̃ -> h -> z -> x̂, or where residual x̂ = x̃ + the decoder's output     [Mao et al. 2016; Kim et al. 2016]

    encoder: x̃ [b, *shape] -> h [b, latent.width].
    decoder: z [b, d] -> [b, maps · c, ...]: x, and log σ² behind it if maps is 2; None rebuilds nothing.
    output: the activation that takes the decoder's output to x̂.
    maps: 2 where a term reads x_logvar.
    condition: c, beside x̃ and beside z.
    residual: the decoder makes what x̃ lacks; grey x̃ [b, 1, h, w] is every channel of a coloured x.
    """

    def __init__(
        self,
        encoder: nn.Module,
        latent: Latent,
        prior: Prior,
        decoder: nn.Module | None,
        output: Callable[[Tensor], Tensor] | None = None,
        maps: int = 1,
        condition: Condition | None = None,
        residual: bool = False,
    ) -> None:
        super().__init__()
        if residual and output is not None:
            raise ValueError(
                "residual adds x̃ to what the decoder gives as it is: loss=[mse] output_activation=identity go"
            )
        self.encoder, self.latent, self.prior, self.decoder = encoder, latent, prior, decoder
        self.output, self.maps, self.condition, self.residual = output, maps, condition, residual
        # every matrix or kernel of the nets once, also where the decoder holds the encoder's
        nets = nn.ModuleList(net for net in (encoder, decoder, *prior.children()) if net is not None)
        self.weights = tuple(p for p in nets.parameters() if p.ndim > 1)

    @property
    def clustering(self) -> Clustering | None:
        """What assigns codes to clusters: the latent, or a learned prior; a fixed one knows no data."""
        if isinstance(self.latent, Clustering):
            return self.latent
        learned = any(True for _ in self.prior.parameters())
        return self.prior if isinstance(self.prior, Clustering) and learned else None

    @property
    def reads(self) -> tuple[str, ...]:
        """What else of the Trace it takes, beside x_tilde."""
        return () if self.condition is None else self.condition.reads

    @property
    def gives(self) -> tuple[str, ...]:
        """The entries of its Trace."""
        condition = () if self.condition is None else ("c",)
        clusters = ("centroids", "assignment") if self.clustering is self.prior else ()
        own = (*self.latent.gives, *clusters, "prior", "weights", "encode")
        return (*condition, "h", *own, *(() if self.decoder is None else ("decode", *self.rebuilds)))

    @property
    def generates(self) -> bool:
        """Whether a code alone, with the condition that there may be, makes an x̂."""
        return self.decoder is not None and not self.residual

    @property
    def rebuilds(self) -> tuple[str, ...]:
        """The entries that the decoder makes."""
        if self.decoder is None:
            return ()
        return ("x_logits", "x_hat", *(("x_logvar",) if self.maps == 2 else ()))

    def encode(self, x: Tensor, c: Tensor | None = None) -> dict[str, Any]:
        """x [b, *shape], c [b, k] -> {"h": [b, width], "z": [b, d], ...}"""
        h = self.encoder(x) if c is None else self.encoder(x, c)
        return {"h": h, **self.latent(h)}

    def decode(self, z: Tensor, c: Tensor | None = None, x_tilde: Tensor | None = None) -> dict[str, Tensor]:
        """z [n·b, d], c [b, k], x̃ [b, ...] where residual -> {"x_logits", "x_hat": [n·b, *shape], ...}"""
        if self.decoder is None:
            return {}
        if self.residual and x_tilde is None:
            raise UserError("model.residual: x̂ is x̃ and what the decoder adds; a code alone makes none")
        if c is not None:
            z = torch.cat([z, c.repeat(len(z) // len(c), 1)], dim=1)
        out, given = self.decoder(z), {}
        if self.maps == 2:
            out, given["x_logvar"] = out.chunk(2, dim=1)
        if x_tilde is not None:
            n = len(out) // len(x_tilde)
            out = out + (x_tilde if n == 1 else x_tilde.repeat(n, *[1] * (x_tilde.ndim - 1)))
        return {"x_logits": out, "x_hat": self.output(out) if self.output else out, **given}

    def shown(self, trace: Trace) -> Tensor:
        """What of a Trace the encoder is shown."""
        return trace["x_tilde" if self.condition is None else self.condition.seen]

    def base(self, trace: Trace) -> Tensor:
        """What of a Trace a residual model adds to."""
        return trace["x_tilde"]

    def forward(self, trace: Trace, in_use: bool = False, needed: Collection[str] | None = None) -> Trace:
        """Adds to a Trace that holds x_tilde; in use, nothing of the code is drawn.

        needed: the entries that somebody reads, None all of them: a decoder of which nobody does is left out.
        """
        encode, decode = self.encode, self.decode
        if self.residual:
            decode = partial(decode, x_tilde=self.base(trace))
        if self.condition is not None:
            c = trace["c"] = self.condition(**{name: trace[name] for name in self.condition.reads})
            encode, decode = partial(encode, c=c), partial(decode, c=c)
        code = encode(self.shown(trace))
        if in_use:
            code["z"] = self.latent.settled(code)
        trace.update(code)
        if needed is None or not set(self.rebuilds).isdisjoint(needed):
            trace.update(decode(trace["z"]))
        if isinstance(self.prior, Clustering) and self.clustering is self.prior:
            trace["centroids"], trace["assignment"] = self.prior.centroids, self.prior.assign(trace["z"])
        trace["prior"], trace["weights"], trace["encode"] = self.prior, self.weights, encode
        if self.decoder is not None:
            trace["decode"] = decode
        return trace
