"""fcn: its code's size, what a place of it sees, and what is refused."""

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
import torch
from torch import nn

from aelab.model.condition.attributes import Attributes
from aelab.model.latent.gaussian import Gaussian
from aelab.model.latent.gaussian_full import GaussianFull
from aelab.trace import Trace

Make = Callable[..., Any]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 7, 10), (1, 1, 3)])
@pytest.mark.parametrize(
    ("channels", "strides", "small"),
    [
        ([4, 5], [1, 2, 1], lambda h, w: (-(-h // 2), -(-w // 2))),
        ([4], [2, 2], lambda h, w: (-(-h // 4), -(-w // 4))),
        ([], [3], lambda h, w: (-(-h // 3), -(-w // 3))),
    ],
)
def test_rebuilds_the_size_from_maps(
    net: Make, shape: tuple[int, ...], channels: list[int], strides: list[int], small: Callable
) -> None:
    dim = 6 * prod(small(*shape[1:]))
    model = net("fcn", shape, dim=dim, channels=channels, strides=strides, code=6)
    trace = model(Trace(x_tilde=torch.rand(5, *shape)))
    assert trace.z.shape == (5, dim) and trace.x_hat.shape == (5, *shape)
    assert not any(isinstance(part, nn.Linear) for part in model.modules())
    assert type(model).code_of(shape, {"strides": strides, "code": 6}) == dim


def test_every_place_sees_its_neighbourhood_alone(net: Make) -> None:
    """Three layers of 3 x 3 each way, of which one halves: x̂ at a place does not know what is far."""
    model = net("fcn", (1, 32, 32), dim=8 * 16 * 16, code=8, channels=[4, 4])
    x = torch.rand(1, 1, 32, 32)
    other = x.clone()
    other[..., :4] += 1
    change = (model(Trace(x_tilde=x)).x_hat - model(Trace(x_tilde=other)).x_hat).abs().amax((0, 1, 2))
    assert change[:4].min() > 0 and change[16:].max() == 0


def test_a_shift_of_the_input_is_one_of_the_code(net: Make) -> None:
    model = net("fcn", (1, 16, 16), dim=4 * 8 * 8, code=4)
    x = torch.zeros(1, 1, 16, 16)
    x[..., 6:9, 6:9] = torch.rand(3, 3)
    maps = [model.encode(v)["z"].unflatten(1, (4, 8, 8)) for v in (x, x.roll(2, 3))]
    torch.testing.assert_close(maps[1][..., 2:7, 2:7], maps[0].roll(1, 3)[..., 2:7, 2:7])


@pytest.mark.parametrize("maps", [1, 2])
def test_a_distribution_takes_two_maps_for_each(net: Make, maps: int) -> None:
    latent = Gaussian(4 * 4 * 4)
    model = net("fcn", (1, 8, 8), latent=latent, dim=64, code=4, maps=maps)
    trace = model(Trace(x_tilde=torch.rand(5, 1, 8, 8)))
    assert trace.mean.shape == trace.logvar.shape == (5, 64)
    assert trace.x_hat.shape == (5, 1, 8, 8) and ("x_logvar" in trace) == (maps == 2)


def test_a_condition_is_a_map_for_each_number(net: Make) -> None:
    model = net("fcn", (1, 8, 8), dim=64, code=4, condition=Attributes(2))
    x, c = torch.rand(5, 1, 8, 8), torch.rand(5, 2)
    trace = model(Trace(x_tilde=x, attributes=c))
    assert torch.equal(trace.decode(trace.z)["x_hat"], trace.x_hat)
    assert not torch.equal(model.encode(x, c)["z"], model.encode(x, c + 1)["z"])
    assert not torch.equal(model.decode(trace.z, c)["x_hat"], model.decode(trace.z, c + 1)["x_hat"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dim": 10}, r"latent.dim is that of the code's maps \[16, 4, 4\]: 256 or null, got 10"),
        ({"kernel": 4}, "kernel must be odd, got 4"),
        ({"strides": [1, 2]}, r"strides takes one for each of channels and one for the code, 3 in all"),
        ({"strides": [1, 0, 1]}, "strides must be positive"),
        ({"channels": [0, 4]}, "channels and code must be positive"),
        ({"target": (1, 16, 16)}, r"\[1, 8, 8\] goes in, \[1, 16, 16\] must come out"),
        ({"shape": (64,)}, r"fcn takes images \[c, h, w\]; this data gives vectors \[64\]. model=mlp"),
        ({"latent": GaussianFull(256)}, "GaussianFull takes 33152 numbers for 256; model/latent=gaussian"),
    ],
)
def test_refusals(net: Make, changed: dict[str, Any], said: str) -> None:
    shape = changed.pop("shape", (1, 8, 8))
    with pytest.raises(ValueError, match=said):
        net("fcn", shape, **({"dim": 256} | changed))
