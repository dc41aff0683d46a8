"""coupled: two autoencoders and what goes between them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from aelab.trace import Trace

Make = Callable[..., Any]
SHAPE = (1, 5, 4)
X, X_TILDE = torch.rand(6, *SHAPE), torch.rand(6, *SHAPE)


def seen(model: Any) -> Trace:
    return model(Trace(x=X, x_tilde=X_TILDE))


@pytest.mark.parametrize("residual", [False, True])
def test_is_the_formula(net: Make, residual: bool) -> None:
    """x̂ = decode_high(map(encode_low(x̃))), with the weights as PyTorch's own functions take them"""
    model = net("coupled", SHAPE, widths=[7], map_widths=[9], residual=residual)
    state = model.state_dict()

    def layer(name: str, h: torch.Tensor) -> torch.Tensor:
        return F.linear(h, state[f"{name}.weight"], state[f"{name}.bias"])

    def code(part: str, h: torch.Tensor) -> torch.Tensor:
        h = layer(f"{part}.encoder.blocks.0.layer", h.flatten(1)).relu()
        return layer(f"{part}.encoder.blocks.1.layer", h)

    plain = X_TILDE - X_TILDE.mean((1, 2, 3), keepdim=True) if residual else X_TILDE
    z = layer("map.2", layer("map.0", code("low", plain)).relu())
    x_hat = layer("high.decoder.blocks.1.layer", layer("high.decoder.blocks.0.layer", z).relu())
    trace = seen(model)
    torch.testing.assert_close(trace.z, z)
    torch.testing.assert_close(trace.x_hat, x_hat.view(-1, *SHAPE) + (X_TILDE if residual else 0))
    torch.testing.assert_close(trace.z_high, code("high", X - X_TILDE if residual else X))


def test_gives_what_it_says_and_the_second_code_where_it_is_read(net: Make) -> None:
    model = net("coupled", SHAPE)
    assert set(seen(model)) == {"x", "x_tilde", *model.gives}
    needed = model(Trace(x=X, x_tilde=X_TILDE), needed=("x_hat",))
    assert "z_high" not in needed and "x_hat" in needed


def test_the_parts_are_autoencoders_of_x_tilde_and_of_x(net: Make) -> None:
    model = net("coupled", SHAPE)
    low, high = (part(Trace(x=X, x_tilde=X_TILDE)) for part in (model.low, model.high))
    assert torch.equal(low.z, model.low.encode(X_TILDE)["z"])
    assert torch.equal(high.z, model.high.encode(X)["z"]) and torch.equal(high.z, seen(model).z_high)
    assert low.x_hat.shape == high.x_hat.shape == X.shape


def test_residual_codes_know_no_brightness(net: Make) -> None:
    model = net("coupled", SHAPE, residual=True)
    before, after = seen(model), model(Trace(x=X + 0.5, x_tilde=X_TILDE + 0.5))
    for name, by in {"z": 0.0, "z_high": 0.0, "x_hat": 0.5}.items():
        torch.testing.assert_close(after[name], before[name] + by, atol=1e-5, rtol=1e-5)
    low = [model.low(Trace(x_tilde=X_TILDE + by)).x_hat for by in (0, 0.5)]
    torch.testing.assert_close(low[1], low[0] + 0.5, atol=1e-5, rtol=1e-5)


def test_the_second_autoencoder_of_a_residual_model_rebuilds_the_detail(net: Make) -> None:
    high = net("coupled", SHAPE, residual=True).high
    trace = high(Trace(x=X, x_tilde=X_TILDE))
    torch.testing.assert_close(trace.x_hat - X_TILDE, high.decoder(high.encode(X - X_TILDE)["z"]))


def test_everything_is_saved_and_counted_once(net: Make) -> None:
    model = net("coupled", SHAPE)
    assert [name for name, _ in model.named_children()] == ["low", "map", "high"]
    assert sum(p.numel() for p in model.parameters()) == sum(v.numel() for v in model.state_dict().values())


def test_stays_coupled_when_copied_converted_and_loaded(net: Make) -> None:
    model = net("coupled", SHAPE)
    twin = copy.deepcopy(model).double()
    assert twin.decoder is twin.high.decoder and twin.encoder.low is twin.low and twin.encoder.map is twin.map
    assert seen(model).x_hat.dtype == torch.float32
    found = twin(Trace(x=X.double(), x_tilde=X_TILDE.double())).x_hat
    torch.testing.assert_close(found.float(), seen(model).x_hat)
    other = net("coupled", SHAPE, seed=1)
    assert not torch.equal(seen(other).x_hat, seen(model).x_hat)
    other.load_state_dict(model.state_dict())
    assert torch.equal(seen(other).x_hat, seen(model).x_hat)


def test_the_run_s_loss_reaches_what_is_used(net: Make) -> None:
    model = net("coupled", SHAPE)
    seen(model).x_hat.square().sum().backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None}
    used = ("low.encoder.", "map.", "high.decoder.")
    assert moved == {name for name, _ in model.named_parameters() if name.startswith(used)}


def test_widths_must_be_positive(net: Make) -> None:
    with pytest.raises(ValueError, match=r"map_widths must be positive, got \[0\]"):
        net("coupled", SHAPE, map_widths=[0])
