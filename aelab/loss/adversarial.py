"""A critic that tells codes from draws of the prior, and the encoder that deceives it."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from aelab.errors import at_least
from aelab.loss.term import Term
from aelab.model.activation import Name
from aelab.model.autoencoder import Prior
from aelab.model.net import perceptron
from aelab.optimizer import MakeOptimizer
from aelab.player import Critic, held
from aelab.schedule import Number, numbers


class Adversarial(Term, Critic):
    """−log σ(D(z)) for the encoder; −log σ(D(z_p)) − log(1 − σ(D(z))), z_p ~ p(z), for the critic

    The minimum of both is at q(z) = p(z), where D = 0.     [Makhzani et al. 2016, sec. 2; Goodfellow et al.
    2014, the loss that does not saturate; Tolstikhin et al. 2018, alg. 1]

    dim: numbers of a code.
    widths: of the critic's hidden layers.
    moves: steps of the critic for each of the nets.
    gradient_penalty: of E ‖∇D‖² at codes and draws     [Mescheder et al. 2018, R₁ on both sides]
    noise: standard deviation of what is added to all that the critic sees     [Sønderby et al. 2017]
    optimizer: of the critic.
    """

    def __init__(
        self,
        weight: Number,
        dim: int,
        widths: list[int],
        activation: Name,
        moves: int,
        gradient_penalty: float,
        noise: Number,
        optimizer: MakeOptimizer,
    ) -> None:
        super().__init__(weight)
        at_least(dim=(dim, 1), widths=(min(widths, default=1), 1), moves=(moves, 1))
        if gradient_penalty < 0:
            raise ValueError(f"gradient_penalty must not be negative, got {gradient_penalty}")
        if min(numbers(noise)) < 0:
            raise ValueError(f"noise must not be negative, got {noise}")
        self.own = perceptron([dim, *widths, 1], activation)
        optimizer(self.own.parameters())  # which refuses now what it would refuse in training
        self.make_optimizer, self.moves = optimizer, moves
        self.gradient_penalty, self.noise = gradient_penalty, cast(float, noise)

    def forward(self, z: Tensor) -> Tensor:
        with held(self.own):
            return F.softplus(-self.judged(z))  # [b]

    def answer(self, z: Tensor, prior: Prior, c: Tensor | None = None) -> Tensor:  # type: ignore[override]
        drawn = prior.sample(len(z), c).to(z)
        if self.gradient_penalty:
            z, drawn = z.requires_grad_(), drawn.requires_grad_()
        fake, real = self.judged(z), self.judged(drawn)
        loss = (F.softplus(fake) + F.softplus(-real)).mean()
        if not self.gradient_penalty:
            return loss
        slopes = torch.autograd.grad(fake.sum() + real.sum(), (z, drawn), create_graph=True)
        return loss + self.gradient_penalty * sum(slope.square().sum(1).mean() for slope in slopes)

    def judged(self, z: Tensor) -> Tensor:
        """D(z), [b, d] -> [b]"""
        return self.own(z + self.noise * torch.randn_like(z) if self.noise else z).squeeze(1)
