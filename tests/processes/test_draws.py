"""Draws that processes share: their rows together are those of one process."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Normal

from aelab.processes.draws import OwnRows

B, W = 6, 3
X = torch.linspace(0, 1, B * W * 2).view(B * W, 2)

DRAWS: dict[str, Callable[[Tensor], Tensor]] = {
    "rand": lambda x: torch.rand(len(x), 2),
    "rand, a tuple": lambda x: torch.rand((len(x), 1, 1)),
    "randn": lambda x: torch.randn(size=(len(x),)),
    "randint": lambda x: torch.randint(0, 9, (len(x), 1)),
    "randn_like": torch.randn_like,
    "rand_like": lambda x: torch.where(torch.rand_like(x) < 0.5, 0.0, x),
    "bernoulli": torch.bernoulli,
    "dropout": lambda x: F.dropout(x, 0.4),
    "a layer": lambda x: torch.nn.Dropout2d(0.5)(x[:, :, None, None]),
    "alpha": lambda x: F.alpha_dropout(x, 0.4, training=True),
    "in place": lambda x: x.clone().normal_(),
    "twice": lambda x: torch.randn_like(x) + torch.rand(len(x), 1),
}


def shares(draw: Callable[[Tensor], Any]) -> list[Any]:
    """What every process has."""
    found = []
    for rank in range(W):
        torch.manual_seed(1)
        with OwnRows(rank, W, B):
            found.append(draw(X[rank::W]))
    return found


@pytest.mark.parametrize("name", DRAWS)
def test_the_rows_of_all_processes_are_those_of_one(name: str) -> None:
    torch.manual_seed(1)
    alone = DRAWS[name](X)
    together = torch.stack(shares(DRAWS[name]), 1).flatten(0, 1)
    assert torch.equal(together, alone) and len(alone.unique()) > 1


@pytest.mark.parametrize("k", [1, 5])
def test_draws_for_each_row_too(k: int) -> None:
    """[k, b, d], as a posterior gives them."""
    torch.manual_seed(1)
    alone = Normal(X, 1.0).rsample(torch.Size([k]))
    together = torch.stack(shares(lambda x: Normal(x, 1.0).rsample(torch.Size([k]))), 2).flatten(1, 2)
    assert torch.equal(together, alone)


@pytest.mark.parametrize("size", [(B * W, 2), (4,), (B * W, B), ()])
def test_what_is_not_of_these_rows_is_the_same_everywhere(size: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    alone = torch.randn(size)
    assert all(torch.equal(one, alone) for one in shares(lambda x: torch.randn(size)))


def test_a_gradient_goes_through_what_is_dropped() -> None:
    torch.manual_seed(1)
    with OwnRows(1, W, B):
        x = X[1::W].clone().requires_grad_()
        y = F.dropout(x, 0.5)
        y.sum().backward()
    assert x.grad is not None and torch.equal(x.grad * x.detach(), y.detach())
