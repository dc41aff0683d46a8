"""Residual models: x̂ = x̃ + what the decoder gives, wherever it is asked again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from training import composed

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.stage.layerwise import layers
from aelab.trace import Trace

Make = Callable[..., Any]
SHAPE = (1, 8, 8)
KINDS = ["mlp", "conv", "fcn", "coupled"]
DIMS = {"fcn": 256}


@pytest.mark.parametrize("kind", KINDS)
def test_adds_x_tilde_to_what_the_same_net_gives(net: Make, kind: str) -> None:
    plain, residual = (net(kind, SHAPE, dim=DIMS.get(kind, 3), residual=on) for on in (False, True))
    x_tilde = torch.rand(5, *SHAPE)
    x_tilde -= x_tilde.mean((1, 2, 3), keepdim=True)  # of which a coupled net's codes know nothing
    without, found = (model(Trace(x=x_tilde, x_tilde=x_tilde)) for model in (plain, residual))
    torch.testing.assert_close(found.z, without.z)
    for name in ("x_hat", "x_logits"):
        torch.testing.assert_close(found[name], without[name] + x_tilde)
    assert plain.generates and not residual.generates


def test_terms_that_decode_again_get_the_same(net: Make) -> None:
    """Also with several codes a row, the first of each first."""
    model = net("mlp", SHAPE, residual=True, maps=2)
    trace = model(Trace(x_tilde=torch.rand(5, *SHAPE)))
    again = trace.decode(torch.cat([trace.z, trace.z + 1]))
    assert torch.equal(again["x_hat"][:5], trace.x_hat) and torch.equal(again["x_logvar"][:5], trace.x_logvar)
    torch.testing.assert_close(again["x_hat"][5:], trace.decode(trace.z + 1)["x_hat"])


@pytest.mark.parametrize("kind", KINDS)
def test_grey_goes_onto_every_colour(net: Make, kind: str) -> None:
    model = net(kind, SHAPE, dim=DIMS.get(kind, 3), target=(3, 8, 8), residual=True)
    grey, x = torch.rand(5, *SHAPE), torch.rand(5, 3, 8, 8)
    trace = model(Trace(x=x, x_tilde=grey))
    torch.testing.assert_close(trace.x_hat - grey.expand(5, 3, 8, 8), model.decoder(trace.z))


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_added_is_refused(net: Make, kind: str) -> None:
    dim = DIMS.get(kind, 3)
    with pytest.raises(ValueError, match=r"residual adds x̃ to what the decoder gives as it is: loss=\[mse\]"):
        net(kind, SHAPE, dim=dim, residual=True, link="sigmoid")
    with pytest.raises(ValueError, match="output_activation=identity"):
        net(kind, SHAPE, dim=dim, residual=True, output_activation="sigmoid")
    with pytest.raises(ValueError, match=r"one size, got \[3, 8, 8\] and \[2, 8, 8\]"):
        net(kind, (3, 8, 8), dim=dim, target=(2, 8, 8), residual=True)


def test_a_code_alone_makes_nothing(net: Make) -> None:
    with pytest.raises(UserError, match=r"model\.residual: x̂ is x̃ and what the decoder adds"):
        net("mlp", SHAPE, residual=True).decode(torch.zeros(1, 3))


def test_bce_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        assemble(composed("model.residual=true", "loss=bce"), tmp_path)
    (line,) = refusal.value.problems
    assert line.startswith("model: residual adds x̃") and "loss=[mse]" in line


def test_no_figure_draws_codes_alone(train: Callable[..., Path]) -> None:
    alone = ["samples", "traversal", "interpolation", "manifold", "latent_path", "atoms"]
    folder = train("model.residual=true", "model.widths=[]", f"figure=[reconstructions,{','.join(alone)}]")
    assert [path.stem for path in (folder / "figures").iterdir()] == ["reconstructions"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("metric=principal_angle", "metric.principal_angle: needs x̂ = Wz + b, and this one has x̃ in it, too"),
        ("recipe=closed_form", "recipe.train: solves the linear autoencoder, whose x̂ is of z alone"),
    ],
)
def test_what_knows_the_decoder_alone_refuses(option: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        assemble(composed("model.residual=true", "model.widths=[]", option), tmp_path)
    assert [line.startswith(said) for line in refusal.value.problems] == [True]


def test_layers_are_residual_where_they_rebuild_x(net: Make) -> None:
    model = net("mlp", SHAPE, widths=[6], residual=True)
    first, second = layers(model, SHAPE)
    assert first.residual and not second.residual
    x = torch.rand(5, *SHAPE)
    assert first(Trace(x_tilde=x)).x_hat.shape == (5, *SHAPE)
