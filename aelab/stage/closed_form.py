"""The linear autoencoder in closed form: its best weights are PCA's."""

from collections.abc import Iterable
from math import prod

import torch
from torch import nn

from aelab.baseline.pca import principal_components
from aelab.loss.gaussian import Gaussian
from aelab.loss.mse import MSE
from aelab.model.latent.deterministic import Deterministic
from aelab.stage.pair import pair, write
from aelab.stage.stage import Stage, Work
from aelab.system import System


class ClosedForm(Stage):
    """h = Vᵀ(x − μ),  x̂ = μ + Vz     [Baldi & Hornik 1989]

    V holds the principal components of the training rows.

    memory: GiB of float32 that the training rows may take; above, components are found batch by batch.
    """

    steps = False

    def __init__(self, memory: float = 2.0) -> None:
        if memory < 0:
            raise ValueError(f"memory must not be negative, got {memory}")
        self.memory = memory

    def run(self, work: Work) -> dict[str, float]:
        model, dataset = work.system.model, work.system.dataset
        found = principal_components(dataset, model.latent.dim, self.memory)
        mean, v = (torch.from_numpy(part) for part in found)
        write(model, v, -v @ mean, mean)
        return {}

    def objections(self, system: System) -> Iterable[str]:
        model, dim = system.model, system.model.latent.dim
        if pair(model) is None:
            yield "solves the linear autoencoder, one full layer each way: model=mlp model.widths=[]"
        elif model.output is not None or getattr(model.latent, "activation", None) is not None:
            yield "solves the linear autoencoder; its activations are the identity"
        elif not isinstance(model.latent, Deterministic) or model.maps > 1:
            yield "solves the linear autoencoder, x to z to x̂; model/latent=deterministic loss=[mse]"
        elif model.residual:
            yield "solves the linear autoencoder, whose x̂ is of z alone; model.residual=false"
        elif not all(map(is_squared, system.objective.terms.values())) or system.corruption.chain:
            yield "minimises ‖x − x̂‖² of clean x alone; loss=[mse] corruption=none"
        most = min(prod(system.dataset.shape), len(system.dataset.splits["train"]))
        if dim > most:
            yield f"there are {most} principal components, fewer than model.latent.dim={dim}"


def is_squared(term: nn.Module) -> bool:
    """Whether a term is least where ‖x − x̂‖² is; a learned variance would have to be found, too."""
    return isinstance(term, (MSE, Gaussian)) and not any(True for _ in term.parameters())
