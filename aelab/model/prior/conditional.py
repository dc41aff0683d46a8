"""A prior that depends on the condition."""

from torch import Tensor
from torch.distributions import Distribution

from aelab.errors import at_least
from aelab.model.activation import Name
from aelab.model.autoencoder import Condition, Prior
from aelab.model.latent.gaussian import diagonal
from aelab.model.net import perceptron
from aelab.precision import single


class Conditional(Prior):
    """p(z given c) = N(μ(c), diag σ²(c)), a net of its own     [Sohn et al. 2015, eq. 4]

    widths: of its hidden layers.
    """

    def __init__(self, dim: int, condition: Condition | None, widths: list[int], activation: Name) -> None:
        super().__init__()
        at_least(dim=(dim, 1), widths=(min(widths, default=1), 1))
        if condition is None:
            raise ValueError("depends on a condition, and this model has none; model/condition=label is one")
        self.net = perceptron([condition.dim, *widths, 2 * dim], activation)

    def given(self, c: Tensor | None = None) -> Distribution:
        if c is None:
            raise ValueError("a conditional prior needs its condition")
        mean, logvar = single(self.net(c)).chunk(2, dim=1)
        return diagonal(mean, (0.5 * logvar).exp())
