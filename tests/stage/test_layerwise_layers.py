"""The layers of a net: each an autoencoder of its own, unrolled the net itself."""

from typing import Any

import pytest
import torch
from stage.stacked import NETS
from torch import nn
from training import composed

from aelab.build import build
from aelab.model.autoencoder import Autoencoder
from aelab.stage.layerwise import layers
from aelab.system import System


def model_of(shape: tuple[int, ...], *overrides: str, maps: int = 1) -> Autoencoder:
    node = composed(*overrides, tiny=["name=test"]).model
    torch.manual_seed(0)
    model = build(node, shape=shape, target=shape, maps=maps, link="identity")
    model(System.corrupted(NOTHING, torch.randn(9, *shape)))  # batch norm gets statistics of its own
    return model.eval()


class Nothing:
    """No corruption, to make Traces without a system."""

    class corruption:
        chain = ()

    training, scored = False, "x"


NOTHING: Any = Nothing()


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 5)], ids=str)
@pytest.mark.parametrize("tied", ["true", "false"])
@pytest.mark.parametrize("net", NETS)
def test_unrolled_the_layers_are_the_net(net: str, tied: str, shape: tuple[int, ...]) -> None:
    own = [f"model.tied={tied}", "model.batch_norm=true", "model.dropout=0.3", "model.latent.activation=tanh"]
    model = model_of(shape, *NETS[net], *own, "model.output_activation=sigmoid")
    stack = list(layers(model, shape))
    assert len(stack) == len(model.encoder.blocks)  # type: ignore[arg-type]
    mine = {p.data_ptr() for p in model.parameters()}
    parts = [{p.data_ptr() for p in layer.parameters()} for layer in stack]
    assert set.union(*parts) == mine and sum(map(len, parts)) == len(mine)  # each in one layer
    x = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0))
    h = x
    for layer in stack:
        h = layer.eval().encode(h)["z"]
    torch.testing.assert_close(h, model.encode(x)["z"])
    out = model.decode(h)["x_hat"]
    for layer in reversed(stack):
        h = layer.decode(h)["x_hat"]
    torch.testing.assert_close(h, out)
    assert h.shape == x.shape


@pytest.mark.parametrize("net", ["mlp", "stride"])
def test_two_maps_are_of_the_first_layer(net: str) -> None:
    shape = (1, 7, 5)
    model = model_of(shape, *NETS[net], maps=2)
    first, *rest = layers(model, shape)
    z = torch.randn(3, model.latent.dim)
    found, expected = z, model.decode(z)
    for layer in reversed(rest):
        found = layer.eval().decode(found)["x_hat"]
        assert "x_logvar" not in layer.gives
    decoded = first.eval().decode(found)
    for name in ("x_hat", "x_logvar"):
        torch.testing.assert_close(decoded[name], expected[name])


def test_looking_at_the_layers_changes_nothing() -> None:
    """Batch norm would learn from the probe; modes would be left behind."""
    model = model_of((1, 8, 8), *NETS["mlp"], "model.batch_norm=true").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    list(layers(model, (1, 8, 8)))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("act", ["identity", "relu"])
@pytest.mark.parametrize("net", ["mlp", "stride", "pool"])
def test_what_is_dropped_is_of_the_code_and_never_of_what_is_rebuilt(net: str, act: str) -> None:
    own = ["model.dropout=0.5", "model.batch_norm=true", f"model.activation={act}"]
    stack = list(layers(model_of((1, 8, 8), *NETS[net], *own), (1, 8, 8)))
    for layer in stack:
        layer.train()
        kinds = [
            {type(part) for part in where.modules()}
            for where in (layer.encoder, layer.latent, layer.decoder or nn.Identity())
        ]
        assert [nn.Dropout in kind for kind in kinds] == [False, layer is not stack[-1], False]


def test_codes_of_top_k_are_not_rebuilt_through_one() -> None:
    top_k = "model.activation={_target_: aelab.model.top_k.TopK, k: 2, alpha: 2}"
    model = model_of((1, 8, 8), "model.widths=[9,7]", top_k, "model.output_activation=sigmoid")
    first, *rest = layers(model, (1, 8, 8))
    assert first.output is torch.sigmoid
    x = torch.randn(20, 1, 8, 8)
    h = first.eval().encode(x)["z"]
    assert (h != 0).sum(1).unique().tolist() == [4]
    for layer in rest:
        layer.train()
        h = layer.encode(h)["z"]
        assert layer.output is None and (layer.decode(h)["x_hat"] != 0).all()
