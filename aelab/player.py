"""Players: terms that answer the gradient steps with moves of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from aelab.optimizer import MakeOptimizer
from aelab.processes.group import gathered
from aelab.trace import is_of_rows

Rows = Callable[..., dict[str, Tensor]]
"""(split, *names) -> entries of the Trace, of all its rows in its order, as in use and in evaluation mode"""


class Player:
    """A role of a term, with one or both of two moves.

    `answer`, after each minibatch, names the Trace entries that it reads, of the forward pass that is just
    over, in all processes; what those carry of the nets' graph is cut off. `survey` looks at all rows, and
    may change which of them are drawn.

    interval: minibatches from one survey to the next, the first before the first minibatch; 0 for an epoch,
        None for no survey.
    is_over: whether a survey has found that the training has reached its end.
    memory: attributes, tensors or None, that a training which goes on must know again, beside the weights;
        buffers, so that they are where the term is.
    """

    interval: int | None = None
    is_over: bool = False
    memory: tuple[str, ...] = ()

    def answer(self, *entries: Any, **named: Any) -> Tensor:
        """A move; a number [] that tells how it went."""
        raise NotImplementedError

    def move(self, entries: dict[str, Any], optimizer: torch.optim.Optimizer | None = None) -> Tensor:
        """`answer`, of these entries without the nets' graph."""
        with torch.no_grad():
            return self.answer(**cut(entries))

    def survey(self, rows: Rows, seed: int) -> dict[str, float]:
        """A move, its draws of this seed; numbers by name that tell how it went."""
        raise NotImplementedError

    def chances(self) -> Tensor | None:
        """[n] of the training rows to be drawn, in their order; None takes every row once an epoch."""
        return None

    def state(self) -> dict[str, Tensor]:
        return {name: value for name in self.memory if (value := getattr(self, name)) is not None}

    def restore(self, state: dict[str, Tensor]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    @property
    def answers(self) -> bool:
        """Whether it moves after each minibatch."""
        return type(self).answer is not Player.answer


class Critic(Player):
    """A player with parameters of its own, which the objective leaves alone: `answer` is the loss [] that it
    steps down after each minibatch.

    own: what moves here and nowhere else.
    make_optimizer: from these parameters to their optimizer.
    moves: its steps for each minibatch.
    """

    own: nn.Module
    make_optimizer: MakeOptimizer
    moves: int

    def move(self, entries: dict[str, Any], optimizer: torch.optim.Optimizer | None = None) -> Tensor:
        """Its steps; the loss before the last of them."""
        assert optimizer is not None
        parameters, seen = list(self.own.parameters()), cut(entries)
        loss = torch.zeros(())
        for _ in range(self.moves):
            loss = self.answer(**seen)
            for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                parameter.grad = gradient
            optimizer.step()
            torch.clear_autocast_cache()  # it would keep `own` as it was before this step
        for parameter in parameters:
            parameter.grad = None
        return loss.detach()


def cut(entries: dict[str, Any]) -> dict[str, Any]:
    """The entries without the graph that made them, and with all processes' rows."""
    return {
        name: (gathered(x.detach()) if is_of_rows(name) else x.detach()) if isinstance(x, Tensor) else x
        for name, x in entries.items()
    }


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
