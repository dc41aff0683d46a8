"""A small layered model of coloured shapes that a test made up, and its View."""

import torch

from aelab.corruption.corruption import Corruptions
from aelab.dataset.coloured_shapes import ColouredShapes
from aelab.figure.figure import View
from aelab.loss.kl import KL
from aelab.loss.mse import MSE
from aelab.model.condition.attributes import Attributes
from aelab.model.latent.gaussian import Gaussian
from aelab.model.layered import layered
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System
from aelab.view import view


def layers_view(n: int = 30) -> View:
    """Random weights; z of two numbers a layer, given eleven attributes."""
    torch.manual_seed(0)
    dataset = ColouredShapes(n).setup()
    model = layered(
        shape=dataset.shape,
        target=dataset.shape,
        maps=1,
        link="identity",
        latent=Gaussian(4),
        prior=Normal(4),
        foreground=0.5,
        channels=[4, 4],
        kernel=3,
        down="stride",
        full=[],
        activation="relu",
        output_activation="sigmoid",
        dropout=0.0,
        batch_norm=False,
        initialisation=0.1,
        condition=Attributes(11),
    )
    objective = Objective({"mse": MSE(), "kl": KL(1.0, "forward", "auto", 1, None)})
    return view(System(dataset, Corruptions({}), model, objective, {}), "tiny", [], {}, {}, {})
