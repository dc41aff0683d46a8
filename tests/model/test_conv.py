"""conv: images of any size halved and doubled back, and transposed convolutions that are true adjoints."""

from collections.abc import Callable
from copy import deepcopy
from math import ceil
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.model.conv import ConvTo, TiedConv
from aelab.trace import Trace

Make = Callable[..., Any]
SHAPES = [(1, 8, 8), (3, 7, 10), (1, 13, 5), (2, 1, 9), (1, 1, 1)]


def rebuilt(model: Any, x: Tensor) -> Tensor:
    return model(Trace(x_tilde=x)).x_hat


def halved(n: int, times: int) -> int:
    for _ in range(times):
        n = ceil(n / 2)
    return n


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("down", ["stride", "pool"])
@pytest.mark.parametrize("channels", [[4], [4, 6, 5]])
@pytest.mark.parametrize("shape", SHAPES)
def test_takes_any_size_there_and_back(
    net: Make, shape: tuple[int, ...], channels: list[int], down: str, tied: bool
) -> None:
    model = net("conv", shape, dim=3, channels=channels, down=down, tied=tied)
    trace = model(Trace(x_tilde=torch.rand(5, *shape)))
    assert trace.z.shape == (5, 3) and trace.x_hat.shape == (5, *shape)
    c, h, w = shape
    sizes, n = [c, *channels], channels[-1] * halved(h, len(channels)) * halved(w, len(channels))
    weights = sum(9 * a * b for a, b in zip(sizes, channels, strict=False)) + 3 * n
    biases = sum(channels) + 3 + n + sum(sizes[:-1])
    count = sum(p.numel() for p in model.parameters())
    assert count == (1 if tied else 2) * weights + biases
    assert count == sum(value.numel() for value in model.state_dict().values())  # nothing is saved twice


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("down", ["stride", "pool"])
@pytest.mark.parametrize("kernel", [1, 5, 7])
def test_takes_any_odd_kernel(net: Make, kernel: int, down: str, tied: bool) -> None:
    model = net("conv", (1, 9, 6), channels=[3, 4], kernel=kernel, down=down, tied=tied)
    assert rebuilt(model, torch.rand(2, 1, 9, 6)).shape == (2, 1, 9, 6)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("h", "w"), [(8, 8), (9, 7), (28, 20)])
def test_an_even_kernel_halves_rounding_down(net: Make, h: int, w: int, tied: bool) -> None:
    model = net("conv", (1, h, w), channels=[3, 4], kernel=4, tied=tied)
    assert model.encoder.blocks[1](model.encoder.blocks[0](torch.rand(2, 1, h, w))).shape[2:] == (
        h // 4,
        w // 4,
    )
    assert rebuilt(model, torch.rand(2, 1, h, w)).shape == (2, 1, h, w)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_full_layers_stand_before_the_code_and_mirrored_behind_it(
    net: Make, tied: bool, batch_norm: bool
) -> None:
    model = net("conv", (1, 8, 8), dim=3, channels=[2, 5], full=[16, 7], tied=tied, batch_norm=batch_norm)
    seen, h = [], torch.rand(4, 1, 8, 8)
    for block in model.encoder.blocks:
        seen.append(tuple(h.shape[1:]))
        h = block(h)
    assert seen == [(1, 8, 8), (2, 4, 4), (5, 2, 2), (16,), (7,)] and h.shape == (4, 3)
    for block, size in zip(model.decoder.blocks, seen[::-1], strict=True):
        h = block(h)
        assert h.shape[1:] == size


@pytest.mark.parametrize("down", ["stride", "pool"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_block_halves_rounding_up_and_back(net: Make, shape: tuple[int, ...], down: str) -> None:
    model = net("conv", shape, channels=[4, 6], down=down)
    h, seen = torch.rand(2, *shape), []
    for block in model.encoder.blocks:
        seen.append(tuple(h.shape))
        h = block(h)
    _, height, width = shape
    assert seen[1:] == [
        (2, 4, ceil(height / 2), ceil(width / 2)),
        (2, 6, halved(height, 2), halved(width, 2)),
    ]
    back = [tuple((h := block(h)).shape) for block in model.decoder.blocks]
    assert back == seen[::-1]


def test_strided_is_the_formula(net: Make) -> None:
    model = net("conv", (2, 6, 5), dim=3, channels=[4], activation="tanh")
    w1, b1, w2, b2, w3, b3, w4, b4 = model.parameters()
    x = torch.randn(2, 2, 6, 5)
    z = torch.tanh(F.conv2d(x, w1, b1, stride=2, padding=1)).flatten(1) @ w2.t() + b2
    h = torch.tanh(z @ w3.t() + b3).view(2, 4, 3, 3)
    x_hat = F.conv_transpose2d(h, w4, b4, stride=2, padding=1, output_padding=(1, 0))
    torch.testing.assert_close(rebuilt(model, x), x_hat)


def test_pooled_is_the_formula(net: Make) -> None:
    model = net("conv", (2, 6, 4), dim=3, channels=[4], activation="tanh", down="pool")
    w1, b1, w2, b2, w3, b3, w4, b4 = model.parameters()
    x = torch.randn(2, 2, 6, 4)
    a = torch.tanh(F.conv2d(x, w1, b1, padding=1))
    pooled = a.view(2, 4, 3, 2, 2, 2).amax((3, 5))
    z = pooled.flatten(1) @ w2.t() + b2
    h = torch.tanh(z @ w3.t() + b3).view(2, 4, 3, 2)
    repeated = h.repeat_interleave(2, 2).repeat_interleave(2, 3)
    # at stride 1 the transpose is a convolution, its kernel turned by 180° and its channels swapped
    x_hat = F.conv2d(repeated, w4.flip(2, 3).transpose(0, 1), b4, padding=1)
    torch.testing.assert_close(rebuilt(model, x), x_hat)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("size", [(6, 6), (7, 7), (8, 5), (1, 2), (1, 1)])
def test_tied_convolution_is_the_adjoint(size: tuple[int, int], kernel: int, stride: int) -> None:
    """⟨Ax, y⟩ = ⟨x, Aᵀy⟩, with A the encoder's convolution"""
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 4, kernel, stride, padding=kernel // 2, bias=False).double()
    tied = TiedConv(layer, nn.Parameter(torch.zeros(3).double()), stride, size)
    x = torch.randn(2, 3, *size).double()
    ax = layer(x)
    y = torch.randn_like(ax)
    aty = tied(y)
    assert aty.shape == x.shape
    torch.testing.assert_close((ax * y).sum(), (x * aty).sum())
    _, vjp = torch.autograd.functional.vjp(layer, x, y)  # what reverse-mode differentiation makes of Aᵀ
    torch.testing.assert_close(aty, vjp)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(6, 6), (7, 4), (1, 9)])
def test_an_untied_one_with_the_same_kernel_is_the_same_map(size: tuple[int, int], stride: int) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 4, 3, stride, padding=1)
    free: Any = ConvTo(4, 3, 3, stride, size)
    with torch.no_grad():
        free.weight.copy_(layer.weight)
    tied = TiedConv(layer, nn.Parameter(free.bias.detach().clone()), stride, size)
    y = torch.randn(2, 4, *layer(torch.zeros(1, 3, *size)).shape[2:])
    torch.testing.assert_close(tied(y), free(y))


@pytest.mark.parametrize("down", ["stride", "pool"])
def test_a_tied_kernel_is_one_tensor_and_gets_the_gradients_of_both_uses(net: Make, down: str) -> None:
    settings = {"dim": 3, "channels": [4, 5], "activation": "tanh", "down": down}
    tied, untied = net("conv", (2, 6, 5), tied=True, **settings), net("conv", (2, 6, 5), **settings)
    encoders, decoders = untied.encoder.layers, untied.decoder.layers[::-1]
    with torch.no_grad():
        for i, layer in enumerate(tied.encoder.layers):
            mirrored = tied.decoder.layers[-1 - i]
            assert mirrored.weight.data_ptr() == layer.weight.data_ptr()
            encoders[i].load_state_dict(layer.state_dict())
            decoders[i].weight.copy_(layer.weight.t() if layer.weight.ndim == 2 else layer.weight)
            decoders[i].bias.copy_(mirrored.bias)
    x = torch.randn(3, 2, 6, 5)
    for model in (tied, untied):
        F.mse_loss(rebuilt(model, x), x).backward()
    for i, layer in enumerate(tied.encoder.layers):
        a, b = encoders[i].weight.grad, decoders[i].weight.grad
        assert a.abs().sum() > 0 and b.abs().sum() > 0
        torch.testing.assert_close(layer.weight.grad, a + (b.t() if b.ndim == 2 else b))


def test_a_tied_model_stays_tied_when_copied_and_converted(net: Make) -> None:
    model = net("conv", (1, 6, 5), channels=[3, 4], tied=True)
    copy = deepcopy(model).to(torch.float64)
    own = [layer.weight for layer in copy.encoder.layers]
    mirrored = [layer.weight for layer in copy.decoder.layers[::-1]]
    for a, b, c, d in zip(own, mirrored, copy.weights, model.weights, strict=True):
        assert a is b is c and a is not d and a.dtype == torch.float64
    assert rebuilt(copy, torch.rand(2, 1, 6, 5).double()).dtype == torch.float64


@pytest.mark.parametrize("tied", [False, True])
def test_a_state_dict_makes_another_model_the_same(net: Make, tied: bool) -> None:
    x = torch.rand(4, 1, 6, 5)
    one, other = (
        net("conv", (1, 6, 5), channels=[3], tied=tied, batch_norm=True, seed=s).eval() for s in (0, 1)
    )
    assert not torch.equal(rebuilt(one, x), rebuilt(other, x))
    other.load_state_dict(one.state_dict())
    assert torch.equal(rebuilt(one, x), rebuilt(other, x))


def test_batch_norm_and_dropout_work_in_training_only(net: Make) -> None:
    x = torch.rand(8, 1, 8, 8)
    model = net("conv", (1, 8, 8), channels=[3, 4], activation="identity", batch_norm=True)
    hidden = model.encoder.blocks[0](x)
    torch.testing.assert_close(hidden.mean((0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(hidden.var((0, 2, 3), correction=0), torch.ones(3), rtol=1e-2, atol=0)
    assert not torch.allclose(rebuilt(model, x)[:4], rebuilt(model, x[:4]))
    model.eval()
    torch.testing.assert_close(rebuilt(model, x)[:4], rebuilt(model, x[:4]))
    norms = [module.num_features for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == [3, 4, 4, 3]  # none on code and output
    dropping = net("conv", (1, 8, 8), channels=[3, 4], dropout=0.5)
    assert not torch.equal(rebuilt(dropping, x), rebuilt(dropping, x))
    dropping.eval()
    assert torch.equal(rebuilt(dropping, x), rebuilt(dropping, x))


def test_the_output_is_as_the_likelihood_wants_it(net: Make) -> None:
    model = net("conv", (3, 6, 5), link="sigmoid", maps=2)
    trace = model(Trace(x_tilde=torch.rand(2, 3, 6, 5)))
    torch.testing.assert_close(trace.x_hat, 1 / (1 + torch.exp(-trace.x_logits)))
    assert trace.x_hat.shape == trace.x_logvar.shape == (2, 3, 6, 5)


def test_channels_may_differ_between_input_and_target(net: Make) -> None:
    """Colourization: one comes in, three go out."""
    assert rebuilt(net("conv", (1, 6, 5), target=(3, 6, 5)), torch.rand(2, 1, 6, 5)).shape == (2, 3, 6, 5)


def test_the_encoder_is_as_wide_as_the_latent_asks(net: Make) -> None:
    model = net("conv", (1, 6, 5), asks=2)
    assert model.encoder(torch.rand(2, 1, 6, 5)).shape == (2, 6)
    assert rebuilt(model, torch.rand(2, 1, 6, 5)).shape == (2, 1, 6, 5)


MIRROR = "tied needs a net that mirrors itself; this one goes from [1, 6, 5] to {} numbers, and from 3 to {}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"shape": (30,), "target": (30,)},
            "conv takes images [c, h, w]; this data gives vectors [30]. model=mlp takes them",
        ),
        ({"channels": []}, "channels must be positive and at least one, got []"),
        ({"channels": [8, 0]}, "channels must be positive and at least one, got [8, 0]"),
        ({"kernel": 4, "down": "pool"}, "kernel must be positive, and odd where down=pool, got 4"),
        ({"kernel": -1}, "kernel must be positive, and odd where down=pool, got -1"),
        ({"kernel": 4, "channels": [8, 8, 8]}, "images of [6, 5] pixels cannot be halved 3 times"),
        ({"full": [16, 0]}, "full must be positive, got [16, 0]"),
        (
            {"target": (1, 12, 10)},
            "conv rebuilds images of the size it sees; [1, 6, 5] goes in, [1, 12, 10] must come out",
        ),
        ({"dropout": -0.5}, "dropout must lie in [0, 1), got -0.5"),
        (
            {"link": "sigmoid", "output_activation": "relu"},
            "output_activation: this likelihood needs sigmoid or auto, got relu",
        ),
        ({"tied": True, "maps": 2}, MIRROR.format(3, [2, 6, 5])),
        ({"tied": True, "target": (3, 6, 5)}, MIRROR.format(3, [3, 6, 5])),
        ({"tied": True, "asks": 2}, MIRROR.format(6, [1, 6, 5])),
    ],
)
def test_refusals(net: Make, changed: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        net("conv", **({"shape": (1, 6, 5)} | changed))
    assert str(caught.value) == said
