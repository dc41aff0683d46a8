"""A small VAE that a test made up, conditioned or not, and its View."""

from typing import Any

import torch
from torch import Tensor

from aelab.corruption.corruption import Corruptions
from aelab.corruption.quadrants import Quadrants
from aelab.dataset.dataset import Dataset
from aelab.figure.figure import Figure, View
from aelab.loss.kl import KL
from aelab.loss.mse import MSE
from aelab.model.autoencoder import Autoencoder, Condition
from aelab.model.condition.label import Label
from aelab.model.condition.observed import Observed
from aelab.model.latent.deterministic import Deterministic
from aelab.model.latent.gaussian import Gaussian
from aelab.model.mlp import mlp
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System
from aelab.view import view


def vae(dataset: Dataset, dim: int = 2, condition: str | None = None, regards: bool = True) -> View:
    """A View with random weights; without the KL, a plain autoencoder."""
    torch.manual_seed(0)
    chosen: dict[str | None, Condition | None] = {
        None: None,
        "label": Label(dataset.classes),
        "observed": Observed(dataset.shape),
    }
    model = net(dataset, dim, chosen[condition], regards)
    terms: dict[str, Any] = {"mse": MSE()}
    if regards:
        terms["kl"] = KL(1.0, "forward", "auto", 1, None)
    chain = Corruptions({"quadrants": Quadrants(1)} if condition == "observed" else {})
    system = System(dataset, chain, model, Objective(terms), {})
    return view(system, "tiny", [], {}, {}, {})


def net(dataset: Dataset, dim: int, condition: Condition | None, drawn: bool) -> Autoencoder:
    latent = Gaussian(dim) if drawn else Deterministic(dim, "identity", 0.0)
    shape = dataset.shape
    settings: dict[str, Any] = {"activation": "tanh", "output_activation": "sigmoid", "dropout": 0.0}
    settings |= {"batch_norm": False, "initialisation": "default", "tied": False, "condition": condition}
    return mlp(shape, shape, 1, "identity", latent, Normal(dim), [12], **settings)


def shown(x: Tensor) -> Any:
    """Images in model units [n, c, h, w] of [0, 1] as they are drawn, [n, h, w] or [n, h, w, 3]."""
    return x.detach().clamp(0, 1).permute(0, 2, 3, 1).squeeze(3).numpy()


def why(figure: Figure, seen: View) -> str:
    """The reason that a figure gives for showing nothing."""
    assert figure.draw(seen) is None
    return figure.reason
