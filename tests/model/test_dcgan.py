"""dcgan: the generator's layers by their shapes, its mirror image, and sides that are no power of two."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aelab.model.condition.label import Label
from aelab.trace import Trace

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("side", "sizes"),
    [
        (8, [8, 4]),
        (28, [28, 16, 8, 4]),
        (32, [32, 16, 8, 4]),
        (33, [33, 32, 16, 8, 4]),
        (64, [64, 32, 16, 8, 4]),
    ],
)
def test_every_block_halves_doubles_the_channels_and_is_mirrored(
    net: Make, side: int, sizes: list[int]
) -> None:
    model = net("dcgan", (3, side, side), channels=4, dim=5).eval()
    h, seen = torch.rand(2, 3, side, side), []
    for block in model.encoder.blocks:
        seen.append(tuple(h.shape))
        h = block(h)
    wide = [3, *(4 * 2**level for level in range(len(sizes) - 1))]
    assert seen == [(2, c, s, s) for c, s in zip(wide, sizes, strict=True)] and h.shape == (2, 5)
    back = [tuple((h := block(h)).shape) for block in model.decoder.blocks]
    assert back == seen[::-1]


def test_layers_are_the_papers(net: Make) -> None:
    """64 pixels: 4 x 4 kernels, 64 to 512 channels, no norm on what meets x, rectifiers, N(0, 0.02²)"""
    model = net("dcgan", (3, 64, 64), dim=100)
    down, up = model.encoder.blocks[:-1], model.decoder.blocks
    assert [block.layer.weight.shape for block in down] == [
        (64, 3, 4, 4),
        (128, 64, 4, 4),
        (256, 128, 4, 4),
        (512, 256, 4, 4),
    ]
    assert [b.layer.weight.shape for b in up[1:]] == [b.layer.weight.shape for b in reversed(down)]
    assert [hasattr(block, "norm") for block in down] == [False, True, True, True]
    assert [hasattr(block, "norm") for block in up] == [True, True, True, True, False]
    assert all(block.activation.negative_slope == 0.2 for block in down)
    assert all(isinstance(block.activation, nn.ReLU) for block in up[:-1])
    for layer in (*model.encoder.layers, *model.decoder.layers):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05) and layer.bias.eq(0).all()


def test_padding_is_blank_and_cropped_alike_on_both_sides(net: Make) -> None:
    small, large = (net("dcgan", (1, side, side), channels=4).eval() for side in (28, 32))
    large.load_state_dict(small.state_dict())
    x = torch.rand(3, 1, 28, 28)
    padded = nn.functional.pad(x, (2, 2, 2, 2))
    torch.testing.assert_close(small.encoder(x), large.encoder(padded))
    z = torch.randn(3, 3)
    torch.testing.assert_close(small.decoder(z), large.decoder(z)[:, :, 2:30, 2:30])


def test_a_condition_reaches_both_nets(net: Make) -> None:
    model = net("dcgan", (1, 8, 8), channels=4, condition=Label(4)).eval()
    x, z = torch.rand(4, 1, 8, 8), torch.randn(4, 3)

    def seen(y: Tensor) -> tuple[Tensor, Tensor]:
        c = model.condition(y=y)
        return model.encode(x, c)["z"], model.decode(z, c)["x_hat"]

    for a, b in zip(seen(torch.zeros(4).long()), seen(torch.arange(4)), strict=True):
        assert torch.equal(a[0], b[0]) and not torch.isclose(a[1:], b[1:]).all()


def test_the_output_is_as_the_likelihood_wants_it(net: Make) -> None:
    model = net("dcgan", (3, 12, 12), channels=4, link="sigmoid", maps=2, asks=2, target=(1, 12, 12))
    trace = model(Trace(x_tilde=torch.rand(4, 3, 12, 12)))
    torch.testing.assert_close(trace.x_hat, torch.sigmoid(trace.x_logits))
    assert trace.x_hat.shape == trace.x_logvar.shape == (4, 1, 12, 12) and trace.h.shape == (4, 6)


def test_without_norms_samples_do_not_mix(net: Make) -> None:
    x = torch.rand(6, 1, 8, 8)
    mixed, apart = (net("dcgan", (1, 8, 8), channels=4, batch_norm=norm) for norm in (True, False))
    assert not torch.allclose(mixed(Trace(x_tilde=x)).x_hat[:3], mixed(Trace(x_tilde=x[:3])).x_hat)
    torch.testing.assert_close(apart(Trace(x_tilde=x)).x_hat[:3], apart(Trace(x_tilde=x[:3])).x_hat)


@pytest.mark.parametrize(
    ("shape", "target"),
    [((64,), (64,)), ((1, 28, 20), (1, 28, 20)), ((1, 7, 7), (1, 7, 7)), ((1, 8, 8), (1, 16, 16))],
)
def test_refuses_what_it_cannot_rebuild(net: Make, shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError) as caught:
        net("dcgan", shape, target=target)
    assert str(caught.value) == (
        f"dcgan takes square images of at least 8 pixels and rebuilds their size; {list(shape)} goes in, "
        f"{list(target)} must come out. model=conv takes images of any size"
    )


def test_refuses_no_channels(net: Make) -> None:
    with pytest.raises(ValueError) as caught:
        net("dcgan", (1, 8, 8), channels=0)
    assert str(caught.value) == "channels must be at least 1, got 0"
