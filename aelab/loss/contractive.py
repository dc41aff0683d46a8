"""The contractive penalty: how far the code moves when the input does."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.nn.modules.batchnorm import _BatchNorm

from aelab.errors import at_least
from aelab.loss.term import Term, per_sample
from aelab.model.autoencoder import Encode
from aelab.schedule import Number

if TYPE_CHECKING:
    from aelab.model.autoencoder import Autoencoder


class Contractive(Term):
    """‖J‖²_F = Σ_ij (∂z_j/∂x̃_i)² of every sample     [Rifai et al. 2011, eq. 1]

    jacobian: `closed`, Σ_j φ'(h_j)² ‖W_j‖² for z = φ(h), h = Wx̃ + b, at almost no cost;
    `exact`, for any encoder, a backward pass for each number of z; `hutchinson`, its estimate E‖Jᵀv‖²
    over random signs v, unbiased     [Hutchinson 1990].
    probes: draws of v.
    """

    def __init__(
        self,
        jacobian: Literal["closed", "exact", "hutchinson"],
        probes: int,
        weight: Number,
    ) -> None:
        super().__init__(weight)
        at_least(probes=(probes, 1))
        self.jacobian, self.probes = jacobian, probes

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        parts, latent = getattr(model.encoder, "parts", [model.encoder]), model.latent
        if any(isinstance(part, _BatchNorm) for part in model.encoder.modules()):
            yield "needs model.batch_norm=false: with it a code depends on its whole minibatch"
        elif self.jacobian != "closed":
            return
        elif [type(part) for part in parts] != [nn.Linear]:
            yield (
                "jacobian=closed needs an encoder of one full layer (model.widths=[]), this one is "
                f"{', '.join(type(part).__name__ for part in parts) or 'empty'}; "
                "jacobian=exact or hutchinson takes any"
            )
        elif latent.width != latent.dim:
            yield (
                "jacobian=closed needs a latent that takes each number by itself, this one makes "
                f"{latent.dim} of {latent.width}; jacobian=exact or hutchinson takes any"
            )

    def forward(
        self,
        x_tilde: Tensor,
        h: Tensor,
        z: Tensor,
        weights: tuple[Tensor, ...],
        encode: Encode,
    ) -> Tensor:
        trains, closed = torch.is_grad_enabled(), self.jacobian == "closed"
        with torch.enable_grad():  # a derivative is needed in evaluation too
            if not (closed and h.requires_grad):
                x_tilde = x_tilde if x_tilde.requires_grad else x_tilde.detach().requires_grad_()
                code = encode(x_tilde)
                h, z = code["h"], code["z"].flatten(1)  # [b, d], also of a layer that gives maps
            source = h if closed else x_tilde
            pulled = [
                grad(z, source, v, retain_graph=True, create_graph=trains)[0] for v in self.directions(z)
            ]
        if closed:
            (slope,), w = pulled, weights[0]  # φ'(h) [b, d]; W [d, n]
            return (slope * slope * (w * w).sum(1)).sum(1)  # [b]; backwards, w * w is faster than w.square()
        return torch.stack([per_sample(row.square()) for row in pulled]).sum(0)  # [b]

    def directions(self, z: Tensor) -> Iterator[Tensor]:
        """The v [b, d] to pull back: the axes, or random signs over √probes, for Σ_v ‖Jᵀv‖²."""
        if self.jacobian == "closed":  # z_j depends on h_j alone, so their sum gives every φ'(h_j) at once
            yield torch.ones_like(z)
        elif self.jacobian == "exact":
            yield from (axis.expand_as(z) for axis in torch.eye(z.shape[1]).to(z))
        else:
            for _ in range(self.probes):
                yield torch.where(torch.rand_like(z) < 0.5, -1.0, 1.0).to(z) / self.probes**0.5
