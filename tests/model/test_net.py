"""Nets: blocks in a row, tied layers, initial weights."""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from scipy import stats
from torch import nn

from aelab.model.conv import ConvTo
from aelab.model.net import Block, Net, Tied, after, initialise

Make = Callable[..., Any]


def test_a_block_leaves_out_what_is_none() -> None:
    block = Block(layer=nn.Linear(3, 2), norm=None, activation=nn.Tanh(), dropout=None)
    assert list(dict(block.named_children())) == ["layer", "activation"]
    x = torch.randn(4, 3)
    torch.testing.assert_close(block(x), torch.tanh(block.layer(x)))


def test_what_follows_a_layer_stands_in_order() -> None:
    parts = after("relu", 0.5, nn.BatchNorm1d)(7)
    assert list(parts) == ["norm", "activation", "dropout"]
    assert isinstance(parts["norm"], nn.BatchNorm1d) and parts["norm"].num_features == 7
    assert isinstance(parts["dropout"], nn.Dropout) and parts["dropout"].p == 0.5
    assert after("identity", 0.0, None)(7) == {"norm": None, "activation": None, "dropout": None}


@pytest.mark.parametrize("dropout", [-0.1, 1.0, 1.5])
def test_dropout_is_a_fraction_below_one(dropout: float) -> None:
    with pytest.raises(ValueError) as caught:
        after("relu", dropout, None)
    assert str(caught.value) == f"dropout must lie in [0, 1), got {dropout}"


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("mlp", {"widths": [8, 6]}),
        ("mlp", {"widths": [8], "batch_norm": True, "dropout": 0.3, "tied": True}),
        ("conv", {"channels": [2, 3], "batch_norm": True, "dropout": 0.3}),
        ("conv", {"channels": [2, 3], "down": "pool", "tied": True}),
    ],
)
def test_a_net_is_its_blocks_one_after_another(net: Make, kind: str, changed: dict) -> None:
    model = net(kind, (1, 6, 5), **changed).eval()
    x = torch.rand(4, 1, 6, 5)
    h = x.flatten(1) if kind == "mlp" else x
    for part in (model.encoder, model.decoder):
        assert isinstance(part, Net)
        listed = [one for block in part.blocks for one in block.children()]
        assert len(listed) == len(part.parts) and all(a is b for a, b in zip(listed, part.parts, strict=True))
        for block in part.blocks:
            h = block(h)
    torch.testing.assert_close(h.view_as(x), model.decode(model.encode(x)["z"])["x_logits"])


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("kind", "changed"), [("mlp", {"widths": [8, 6]}), ("conv", {"channels": [2, 4]})])
def test_blocks_mirror_each_other(net: Make, kind: str, changed: dict, tied: bool) -> None:
    model = net(kind, (3, 6, 5), tied=tied, **changed)
    assert isinstance(model.encoder, Net) and isinstance(model.decoder, Net)
    pairs: list[Any] = list(zip(model.encoder.layers, reversed(model.decoder.layers), strict=True))
    assert len(pairs) == 3
    for one, mirrored in pairs:
        a, b = tuple(one.weight.shape), tuple(mirrored.weight.shape)
        # [out, in] beside [in, out]; a transposed convolution's kernel is stored as its twin's
        assert a == b if tied or isinstance(one, nn.Conv2d) else a == b[::-1]


class Pair(nn.Module):
    """A layer and its transpose, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 3)
        self.tied = Tied(self.layer, nn.Parameter(torch.randn(5)))


def test_tied_is_the_transpose_with_a_bias_of_its_own() -> None:
    torch.manual_seed(0)
    pair, h = Pair(), torch.randn(4, 3)
    torch.testing.assert_close(pair.tied(h), h @ pair.layer.weight + pair.tied.bias)
    assert pair.tied.weight is pair.layer.weight


def test_tied_owns_its_bias_alone() -> None:
    pair = Pair()
    assert list(pair.state_dict()) == ["layer.weight", "layer.bias", "tied.bias"]
    assert list(dict(pair.named_parameters())) == ["layer.weight", "layer.bias", "tied.bias"]
    assert list(pair.tied.children()) == []


def test_tied_follows_its_layer_through_copies_conversions_and_loads() -> None:
    pair = Pair()
    other = deepcopy(pair)
    assert other.tied.weight is other.layer.weight and other.tied.weight is not pair.layer.weight
    with torch.no_grad():
        other.layer.weight.zero_()
    assert pair.tied.weight.abs().sum() > 0 and not other.tied.weight.any()
    pair.to(torch.float64)
    assert (
        pair.tied.weight is pair.layer.weight and pair.tied(torch.randn(2, 3).double()).dtype == torch.float64
    )
    pair.load_state_dict(other.double().state_dict())
    assert not pair.tied.weight.any()


LAYERS = {
    "linear": (lambda: nn.Linear(300, 200), (300,)),
    "conv": (lambda: nn.Conv2d(40, 60, 3, stride=2, padding=1), (40, 24, 24)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_he_is_normal_with_two_over_fan_in(name: str) -> None:
    """std = √(2 / fan-in)     [He et al. 2015, eq. 10]"""
    torch.manual_seed(0)
    layer = LAYERS[name][0]()
    initialise(layer, "he")
    expected = math.sqrt(2 / layer.weight[0].numel())
    assert stats.kstest(layer.weight.detach().flatten().numpy() / expected, "norm").pvalue > 0.01


HE = {
    **LAYERS,
    "transposed 32-16": (lambda: ConvTo(32, 16, 3, 1, (24, 24)), (32, 24, 24)),
    "transposed 16-32": (lambda: ConvTo(16, 32, 3, 1, (24, 24)), (16, 24, 24)),
    "transposed, strided": (lambda: ConvTo(32, 16, 3, 2, (48, 48)), (32, 24, 24)),
}


@pytest.mark.parametrize("name", HE)
def test_he_keeps_the_variance_behind_a_relu(name: str) -> None:
    """What it is for: fan-in counts the numbers that meet in an output, in a transposed convolution too."""
    torch.manual_seed(0)
    layer, shape = HE[name][0](), HE[name][1]
    initialise(layer, "he")
    h = torch.randn(16, *shape)
    out = layer(torch.relu(h))
    inner = out[..., 4:-4, 4:-4] if out.ndim == 4 else out
    assert inner.square().mean().item() == pytest.approx(h.square().mean().item(), rel=0.15)


@pytest.mark.parametrize("name", LAYERS)
def test_xavier_is_uniform_up_to_the_square_root_of_six_over_both_fans(name: str) -> None:
    """[Glorot & Bengio 2010, eq. 16]"""
    torch.manual_seed(0)
    layer = LAYERS[name][0]()
    initialise(layer, "xavier")
    n_out, n_in = layer.weight.shape[:2]
    bound = math.sqrt(6 / ((n_in + n_out) * layer.weight[0, 0].numel()))
    scaled = layer.weight.detach().flatten().numpy() / bound
    assert abs(scaled).max() <= 1 and stats.kstest(scaled, stats.uniform(-1, 2).cdf).pvalue > 0.01


@pytest.mark.parametrize("std", [0.01, 1])
@pytest.mark.parametrize("name", LAYERS)
def test_a_number_is_a_standard_deviation(name: str, std: float) -> None:
    torch.manual_seed(0)
    layer = LAYERS[name][0]()
    initialise(layer, std)
    assert stats.kstest(layer.weight.detach().flatten().numpy() / std, "norm").pvalue > 0.01


@pytest.mark.parametrize("name", LAYERS)
def test_orthogonal_rows_have_length_one_and_right_angles(name: str) -> None:
    layer = LAYERS[name][0]()
    initialise(layer, "orthogonal")
    rows = layer.weight.detach().flatten(1)
    torch.testing.assert_close(rows @ rows.t(), torch.eye(len(rows)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("how", ["xavier", "he", "orthogonal", 0.05])
@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_drawn_weights_come_with_zero_biases(net: Make, kind: str, how: str | float) -> None:
    small = {"widths": [9, 5]} if kind == "mlp" else {"channels": [4, 6]}
    for tied in (False, True):
        model = net(kind, (1, 6, 6), initialisation=how, tied=tied, **small)
        biases = [p for name, p in model.named_parameters() if name.endswith("bias")]
        assert len(biases) == 6 and not any(bias.any() for bias in biases)
        assert all(w.abs().min() > 0 for w in model.weights)


def test_default_is_pytorchs_own(net: Make) -> None:
    model = net("mlp", (20,), dim=2, widths=[9], initialisation="default")
    torch.manual_seed(0)
    for layer, sizes in zip(
        [*model.encoder.layers, *model.decoder.layers], [(20, 9), (9, 2), (2, 9), (9, 20)], strict=True
    ):
        fresh = nn.Linear(*sizes)
        assert torch.equal(layer.weight, fresh.weight) and torch.equal(layer.bias, fresh.bias)


def test_a_seed_draws_the_same_weights(net: Make) -> None:
    one, same, other = (net("mlp", (20,), seed=seed, initialisation="he") for seed in (1, 1, 2))
    for a, b, c in zip(one.weights, same.weights, other.weights, strict=True):
        assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_a_standard_deviation_is_not_negative(net: Make, kind: str) -> None:
    with pytest.raises(ValueError, match=r"-0\.1"):
        net(kind, (1, 6, 6), initialisation=-0.1)
