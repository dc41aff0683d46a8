"""A player: a term that answers every gradient step with a move of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from aelab.optimizer import MakeOptimizer


class Player:
    """A role of a term whose own parameters the objective leaves alone.

    After each minibatch, it takes steps down a loss of its own; `answer` names the Trace entries that
    it reads, of the forward pass that is just over. What those carry of the nets' graph is cut off.

    own: what moves here and nowhere else.
    make_optimizer: from these parameters to their optimizer.
    moves: its steps for each minibatch.
    """

    own: nn.Module
    make_optimizer: MakeOptimizer
    moves: int

    def answer(self, *entries: Any, **named: Any) -> Tensor:
        """The loss [] whose gradient moves `own`."""
        raise NotImplementedError

    def move(self, optimizer: torch.optim.Optimizer, entries: dict[str, Any]) -> Tensor:
        """Its steps; the loss before the last of them."""
        parameters = list(self.own.parameters())
        cut = {name: x.detach() if isinstance(x, Tensor) else x for name, x in entries.items()}
        loss = torch.zeros(())
        for _ in range(self.moves):
            loss = self.answer(**cut)
            for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                parameter.grad = gradient
            optimizer.step()
            torch.clear_autocast_cache()  # it would keep `own` as it was before this step
        for parameter in parameters:
            parameter.grad = None
        return loss.detach()


@contextmanager
def held(module: nn.Module) -> Iterator[None]:
    """What is computed meanwhile has gradients of the module's inputs and none of its parameters."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
