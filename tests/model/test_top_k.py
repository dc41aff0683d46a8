"""TopK as the activation of hidden layers: each layer its own, and checked against its width."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from aelab.model.top_k import TopK
from aelab.schedule import Clock, Linear

Make = Callable[..., Any]


@pytest.mark.parametrize("shape", [(4, 9), (9,), (2, 3, 9)])
def test_keeps_k_of_the_last_dimension(shape: tuple[int, ...]) -> None:
    h = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    z = TopK(3)(h)
    assert z.shape == h.shape and ((z != 0).sum(-1) == 3).all() and torch.equal(z[z != 0], h[z != 0])
    left = h.masked_fill(z != 0, -torch.inf)
    assert (left.amax(-1) <= torch.where(z != 0, z, torch.inf).amin(-1)).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_ties_leave_exactly_k(dtype: torch.dtype) -> None:
    h = torch.ones(5, 8, dtype=dtype, requires_grad=True)
    z = TopK(3)(h)
    assert (z != 0).sum(1).tolist() == [3] * 5 and z.dtype == dtype
    z.sum().backward()
    assert h.grad is not None and torch.equal(h.grad, z.detach())


def test_the_gradient_is_that_of_kept_numbers() -> None:
    h = torch.randn(4, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(TopK(3), h)
    z = TopK(3)(h)
    (gradient,) = torch.autograd.grad(z.sum(), h)
    assert torch.equal(gradient, (z != 0).double())


def test_numbers_left_out_may_be_infinite() -> None:
    h = torch.tensor([[1.0, -torch.inf, 2.0]], requires_grad=True)
    z = TopK(2)(h)
    z.sum().backward()
    assert z.tolist() == [[1.0, 0.0, 2.0]] and h.grad is not None and h.grad.tolist() == [[1.0, 0.0, 1.0]]


@pytest.mark.parametrize("tied", [False, True])
def test_hidden_layers_can_be_k_sparse(net: Make, tied: bool) -> None:
    model = net("mlp", (20,), widths=[12, 9], activation=TopK(3, alpha=2), tied=tied)
    x = torch.randn(5, 20)
    for mode, k in ((True, 3), (False, 6)):
        model.train(mode)
        first = model.encoder.blocks[0](x)
        assert (first != 0).sum(1).tolist() == [k] * 5
        assert (model.encoder.blocks[1](first) != 0).sum(1).tolist() == [k] * 5
        assert (model.decoder.blocks[0](torch.randn(5, 3)) != 0).sum(1).tolist() == [k] * 5
    w, b = model.encoder.layers[0].weight, model.encoder.layers[0].bias
    kept = first != 0
    torch.testing.assert_close(first[kept], (x @ w.t() + b)[kept])


def test_every_layer_has_a_module_and_a_schedule_of_its_own(net: Make) -> None:
    model = net("mlp", (20,), widths=[12, 9], activation=TopK(Linear(9, 3)))
    modules = [module for module in model.modules() if isinstance(module, TopK)]
    assert len(modules) == 4
    Clock(model).set(0.5)
    assert [module.k for module in modules] == [6.0] * 4


def test_a_module_that_learns_is_learnt_by_every_layer(net: Make) -> None:
    model = net("mlp", (20,), widths=[12, 9], activation=nn.PReLU())
    slopes = [module.weight for module in model.modules() if isinstance(module, nn.PReLU)]
    assert len({id(slope) for slope in slopes}) == 4


def test_a_layer_that_is_too_narrow_is_refused(net: Make) -> None:
    with pytest.raises(ValueError) as caught:
        net("mlp", (20,), widths=[12, 4], activation=TopK(5))
    assert str(caught.value) == "TopK of 4 units needs k in [1, 4], got 5"


NAMES = "identity, relu, leaky_relu, elu, selu, gelu, silu, softplus, sigmoid, tanh"


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["model.activation={_target_: aelab.model.top_k.TopK, k: 100}"],
            "model: TopK of 64 units needs k in [1, 64], got 100",
        ),
        (
            ["model.activation={_target_: aelab.model.top_k.TopK, k: 2.5}"],
            "model.activation.k: takes a whole number or a Schedule, got 2.5",
        ),
        (
            ["model.activation={_target_: aelab.model.top_k.TopK}"],
            "model.activation: TopK needs the argument 'k'",
        ),
        (
            ["model.activation=rellu"],
            f"model.activation: takes {NAMES} or a Module; got 'rellu'; did you mean 'relu'?",
        ),
        (
            ["model=conv", "model.activation={_target_: aelab.model.top_k.TopK, k: 3}"],
            f"model.activation: takes one of {NAMES}; got TopK",
        ),
    ],
    ids=["wide", "fraction", "no_k", "name", "conv"],
)
def test_the_command_line_refuses(
    overrides: list[str], line: str, aelab: Callable[..., tuple[int, str, str]]
) -> None:
    status, _, err = aelab(*overrides)
    assert status == 2 and err.startswith(line) and len(err.splitlines()) == 1


def test_the_command_line_trains_hidden_layers(aelab: Callable[..., tuple[int, str, str]]) -> None:
    small = ("dataset.limit=40", "trainer=cpu", "trainer.max_epochs=1", "logger=none", "figure=none")
    node = "model.activation={_target_: aelab.model.top_k.TopK, k: 10, alpha: 3}"
    status, _, err = aelab(node, *small, "baseline=none")
    assert status == 0, err
