"""Sparsity of every unit over the batch: its mean activation is drawn to ρ."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from aelab.loss.term import Term
from aelab.processes.group import averaged
from aelab.schedule import Number, numbers

if TYPE_CHECKING:
    from aelab.model.autoencoder import Autoencoder


class KLSparsity(Term):
    """Σ_j KL(ρ ‖ ρ̂_j) = Σ_j ρ log ρ/ρ̂_j + (1 − ρ) log (1 − ρ)/(1 − ρ̂_j),  ρ̂_j = the batch's mean of z_j

    [Ng 2011, Sparse autoencoder]; the weight is its β. For codes in [0, 1].

    rho: how active a unit is to be, on average.
    """

    def __init__(self, rho: Number, weight: Number) -> None:
        super().__init__(weight)
        if not all(0 < value < 1 for value in numbers(rho)):
            raise ValueError(f"rho must lie in (0, 1), got {rho}")
        self.rho = cast(float, rho)  # the clock puts a number where a schedule stands

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        low, high = model.latent.bounds
        for part in model.latent.modules():
            if isinstance(part, nn.Dropout):  # in training, what stays is scaled up
                low, high = low / (1 - part.p), high / (1 - part.p)
        if low < 0 or high > 1:
            yield (
                f"needs codes in [0, 1], this latent's lie in [{low:g}, {high:g}]; "
                "model/latent=deterministic model.latent.activation=sigmoid brings them there"
            )

    def forward(self, z: Tensor) -> Tensor:
        mean = z.mean(0, dtype=torch.promote_types(z.dtype, torch.float32))  # [d]; bf16 knows no 1 − 1e-3
        if self.training:  # a split is scored by every process as a whole
            mean = averaged(mean)
        return divergence(self.rho, mean).sum()  # []


def divergence(rho: float, mean: Tensor) -> Tensor:
    """KL(ρ ‖ ρ̂) of every ρ̂; of a unit that is saturated in the whole batch finite, without a gradient."""
    eps = torch.finfo(mean.dtype).eps
    mean = mean.clamp(eps, 1 - eps)
    p = torch.full_like(mean, rho)
    return p * (p / mean).log() + (1 - p) * ((1 - p) / (1 - mean)).log()
