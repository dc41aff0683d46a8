"""mlp: shapes, mirrored and tied layers, and what each setting does to what comes out."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from math import prod
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.trace import Trace

Make = Callable[..., Any]
SHAPES = [(1,), (7,), (1, 5, 4), (3, 4, 6), (1, 28, 28)]


def rebuilt(model: Any, x: Tensor) -> Tensor:
    return model(Trace(x_tilde=x)).x_hat


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("widths", [[], [8], [9, 4], [50]])
@pytest.mark.parametrize("shape", SHAPES)
def test_takes_any_shape_there_and_back(
    net: Make, shape: tuple[int, ...], widths: list[int], tied: bool
) -> None:
    model = net("mlp", shape, dim=3, widths=widths, tied=tied)
    trace = model(Trace(x_tilde=torch.rand(5, *shape)))
    assert trace.z.shape == (5, 3) and trace.x_hat.shape == (5, *shape)
    sizes = [prod(shape), *widths, 3]
    weights = sum(a * b for a, b in pairwise(sizes))
    biases = sum(sizes[1:]) + sum(sizes[:-1])
    count = sum(p.numel() for p in model.parameters())
    assert count == (1 if tied else 2) * weights + biases
    assert count == sum(value.numel() for value in model.state_dict().values())  # nothing is saved twice


def test_is_the_formula(net: Make) -> None:
    """h = act(Wx + b), code and output plain"""
    model = net("mlp", (6,), dim=2, widths=[5], activation="tanh")
    w1, b1, w2, b2, w3, b3, w4, b4 = model.parameters()
    x = torch.randn(4, 6)
    z = torch.tanh(x @ w1.t() + b1) @ w2.t() + b2
    x_hat = torch.tanh(z @ w3.t() + b3) @ w4.t() + b4
    torch.testing.assert_close(model.encode(x)["z"], z)
    torch.testing.assert_close(rebuilt(model, x), x_hat)


def test_tied_is_the_formula_with_transposed_weights(net: Make) -> None:
    model = net("mlp", (6,), dim=2, widths=[5], activation="tanh", tied=True)
    parameters = dict(model.named_parameters())
    w1, w2 = (parameters[f"encoder.blocks.{i}.layer.weight"] for i in (0, 1))
    c2, c1 = (parameters[f"decoder.blocks.{i}.layer.bias"] for i in (0, 1))
    assert c1.shape == (6,) and c2.shape == (5,)
    z = torch.randn(4, 2)
    with torch.no_grad():
        c1.normal_()
        c2.normal_()
    torch.testing.assert_close(model.decode(z)["x_hat"], torch.tanh(z @ w2 + c2) @ w1 + c1)


def test_a_tied_weight_is_one_tensor_and_gets_the_gradients_of_both_uses(net: Make) -> None:
    tied = net("mlp", (6,), dim=2, widths=[5], activation="tanh", tied=True)
    untied = net("mlp", (6,), dim=2, widths=[5], activation="tanh")
    encoders, decoders = untied.encoder.layers, untied.decoder.layers[::-1]
    with torch.no_grad():
        for i, layer in enumerate(tied.encoder.layers):
            mirrored = tied.decoder.layers[-1 - i]
            assert mirrored.weight.data_ptr() == layer.weight.data_ptr()
            encoders[i].load_state_dict(layer.state_dict())
            decoders[i].weight.copy_(layer.weight.t())
            decoders[i].bias.copy_(mirrored.bias)
    x = torch.randn(8, 6)
    for model in (tied, untied):
        F.mse_loss(rebuilt(model, x), x).backward()
    for i, layer in enumerate(tied.encoder.layers):
        assert encoders[i].weight.grad.abs().sum() > 0 and decoders[i].weight.grad.abs().sum() > 0
        torch.testing.assert_close(layer.weight.grad, encoders[i].weight.grad + decoders[i].weight.grad.t())


def test_a_tied_model_stays_tied_when_copied_converted_and_trained(net: Make) -> None:
    model = net("mlp", (6,), dim=2, widths=[5], tied=True)
    copy = deepcopy(model)
    assert all(a is not b for a, b in zip(copy.weights, model.weights, strict=True))
    for one in (copy, copy.to(torch.float64)):
        own = [layer.weight for layer in one.encoder.layers]
        mirrored = [layer.weight for layer in one.decoder.layers[::-1]]
        for a, b, c in zip(own, mirrored, one.weights, strict=True):
            assert a is b is c
    before = [w.clone() for w in model.weights]
    optimizer = torch.optim.SGD(copy.parameters(), lr=0.1)
    rebuilt(copy, torch.rand(3, 6).double()).square().sum().backward()
    optimizer.step()
    assert copy.decoder.layers[-1].weight is copy.encoder.layers[0].weight
    assert not torch.equal(copy.weights[0].float(), before[0]) and torch.equal(model.weights[0], before[0])


@pytest.mark.parametrize("tied", [False, True])
def test_a_state_dict_makes_another_model_the_same(net: Make, tied: bool) -> None:
    x = torch.rand(4, 1, 5, 4)
    one, other = (
        net("mlp", (1, 5, 4), widths=[8], tied=tied, batch_norm=True, seed=s).eval() for s in (0, 1)
    )
    assert not torch.equal(rebuilt(one, x), rebuilt(other, x))
    other.load_state_dict(one.state_dict())
    assert torch.equal(rebuilt(one, x), rebuilt(other, x))


@pytest.mark.parametrize("tied", [False, True])
def test_no_widths_make_it_linear_whatever_the_activation(net: Make, tied: bool) -> None:
    """f(a + b) + f(0) = f(a) + f(b)"""
    a, b = torch.randn(2, 5, 1, 3, 4)

    def gap(widths: list[int]) -> float:
        model = net("mlp", (1, 3, 4), dim=3, widths=widths, activation="relu", tied=tied)
        sides = (
            rebuilt(model, a + b) + rebuilt(model, torch.zeros_like(a)),
            rebuilt(model, a) + rebuilt(model, b),
        )
        return (sides[0] - sides[1]).abs().max().item()

    assert gap([]) < 1e-5 < gap([6])


def test_dropout_falls_on_hidden_layers_in_training_only(net: Make) -> None:
    x = torch.rand(400, 20)
    model = net("mlp", (20,), widths=[50], activation="identity", dropout=0.3)
    plain = net("mlp", (20,), widths=[50], activation="identity")
    model.eval()
    assert torch.equal(rebuilt(model, x), rebuilt(plain, x))
    model.train()
    hidden, whole = model.encoder.blocks[0](x), plain.encoder.blocks[0](x)
    dropped = hidden == 0
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=5 * (0.21 / 20_000) ** 0.5)
    torch.testing.assert_close(hidden[~dropped], whole[~dropped] / 0.7)
    assert not torch.equal(rebuilt(model, x), rebuilt(model, x))
    linear = net("mlp", (20,), widths=[], dropout=0.9)  # neither code nor output is dropped
    assert linear.training and torch.equal(rebuilt(linear, x), rebuilt(linear, x))


def test_batch_norm_whitens_hidden_layers_by_the_batch_in_training_only(net: Make) -> None:
    x = 5 * torch.rand(64, 20) + 3
    model = net("mlp", (20,), widths=[12], activation="identity", batch_norm=True)
    hidden = model.encoder.blocks[0](x)
    torch.testing.assert_close(hidden.mean(0), torch.zeros(12), rtol=0, atol=1e-5)
    torch.testing.assert_close(hidden.var(0, correction=0), torch.ones(12), rtol=1e-3, atol=0)
    assert not torch.allclose(rebuilt(model, x)[:4], rebuilt(model, x[:4]))
    model.eval()
    torch.testing.assert_close(rebuilt(model, x)[:4], rebuilt(model, x[:4]))
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d)]
    assert [norm.num_features for norm in norms] == [
        12,
        12,
    ]  # one in each hidden block, none on code and output


@pytest.mark.parametrize(
    ("link", "asked", "function"),
    [
        ("identity", "auto", lambda a: a),
        ("sigmoid", "auto", lambda a: 1 / (1 + torch.exp(-a))),
        ("identity", "tanh", lambda a: 1 - 2 / (torch.exp(2 * a) + 1)),
        ("identity", "relu", lambda a: a.clamp(min=0)),
    ],
)
def test_the_output_goes_through_its_activation(net: Make, link: str, asked: str, function: Callable) -> None:
    model = net("mlp", (7,), link=link, output_activation=asked)
    trace = model(Trace(x_tilde=torch.randn(5, 7)))
    torch.testing.assert_close(trace.x_hat, function(trace.x_logits))


@pytest.mark.parametrize("shape", [(7,), (3, 4, 6)])
def test_a_second_map_is_the_log_variance(net: Make, shape: tuple[int, ...]) -> None:
    model = net("mlp", shape, maps=2)
    trace = model(Trace(x_tilde=torch.rand(5, *shape)))
    assert trace.x_hat.shape == trace.x_logvar.shape == (5, *shape)
    assert not torch.equal(trace.x_hat, trace.x_logvar)


@pytest.mark.parametrize(("shape", "target"), [((3, 4, 6), (1, 8, 12)), ((5,), (1, 2, 2)), ((1, 4, 4), (9,))])
def test_the_target_may_have_another_shape_than_the_input(
    net: Make, shape: tuple[int, ...], target: tuple[int, ...]
) -> None:
    trace = net("mlp", shape, target=target)(Trace(x_tilde=torch.rand(5, *shape)))
    assert trace.x_hat.shape == (5, *target)


def test_the_encoder_is_as_wide_as_the_latent_asks(net: Make) -> None:
    model = net("mlp", (7,), asks=2)
    assert model.encoder(torch.rand(2, 7)).shape == (2, 6)
    assert rebuilt(model, torch.rand(2, 7)).shape == (2, 7)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"widths": [8, 0]}, "widths must be positive, got [8, 0]"),
        ({"widths": [-3]}, "widths must be positive, got [-3]"),
        ({"decoder_widths": [8, 0]}, "decoder_widths must be positive, got [8, 0]"),
        (
            {"tied": True, "decoder_activation": "tanh"},
            "tied needs a decoder that mirrors the encoder: decoder_widths and _activation null",
        ),
        ({"dropout": 1.0}, "dropout must lie in [0, 1), got 1.0"),
        (
            {"link": "sigmoid", "output_activation": "tanh"},
            "output_activation: this likelihood needs sigmoid or auto, got tanh",
        ),
        (
            {"tied": True, "maps": 2},
            "tied needs a net that mirrors itself; this one goes from 20 numbers to 3, and from 3 to 40",
        ),
        (
            {"tied": True, "target": (1, 10, 8)},
            "tied needs a net that mirrors itself; this one goes from 20 numbers to 3, and from 3 to 80",
        ),
        (
            {"tied": True, "asks": 2},
            "tied needs a net that mirrors itself; this one goes from 20 numbers to 6, and from 3 to 20",
        ),
    ],
)
def test_refusals(net: Make, changed: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        net("mlp", (1, 5, 4), **changed)
    assert str(caught.value) == said


@pytest.mark.parametrize("tied", [False, True])
def test_orthonormal_rows_stay_so_through_training(net: Make, tied: bool) -> None:
    """Tied, x̂ = WᵀWx: a projection, which gives the same again when it is applied again."""
    model = net("mlp", (1, 5, 4), widths=[], tied=tied, orthonormal=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    x = torch.rand(30, 1, 5, 4)
    before = model.encoder.layers[0].weight.detach().clone()
    for _ in range(5):
        optimizer.zero_grad()
        (model.decode(model.encode(x)["z"])["x_hat"] - x).square().sum().backward()
        optimizer.step()
    w = model.encoder.layers[0].weight.detach()
    assert (w - before).abs().max() > 0.05
    assert torch.allclose(w @ w.T, torch.eye(3), atol=1e-5)
    if tied:
        v = model.decoder.layers[0].weight.detach().T  # [features, d] -> rows
        assert torch.allclose(v.T @ (v @ v.T) @ v, v.T @ v, atol=1e-5)


def test_rows_cannot_be_orthonormal_where_a_layer_widens(net: Make) -> None:
    with pytest.raises(
        ValueError, match="orthonormal: a layer from 20 to 30 numbers has no orthonormal rows"
    ):
        net("mlp", (1, 5, 4), widths=[30], orthonormal=True)


def test_a_decoder_may_be_a_net_of_its_own(net: Make) -> None:
    model = net("mlp", (1, 5, 4), widths=[8, 6], decoder_widths=[5, 9, 7], decoder_activation="tanh")
    w = [(layer.weight, layer.bias) for layer in model.decoder.layers]
    assert [tuple(weight.shape) for weight, _ in w] == [(5, 3), (9, 5), (7, 9), (20, 7)]
    z = h = torch.randn(2, 3)
    for weight, bias in w[:-1]:
        h = torch.tanh(h @ weight.t() + bias)
    x_hat = (h @ w[-1][0].t() + w[-1][1]).view(2, 1, 5, 4)
    torch.testing.assert_close(model.decode(z)["x_logits"], x_hat)
    assert not any(isinstance(part, torch.nn.Tanh) for part in model.encoder.parts)
