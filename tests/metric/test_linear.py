"""Linear decoders: told from others, and their matrix."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import nn

from aelab.metric.linear import LinearDecoder, matrix
from aelab.model.autoencoder import Autoencoder
from aelab.model.identity import identity
from aelab.model.latent.deterministic import Deterministic
from aelab.model.mlp import mlp
from aelab.model.net import Net
from aelab.model.prior.normal import Normal

SHAPE = (1, 4, 3)


def built(
    widths: list[int],
    activation: str = "relu",
    output: str = "auto",
    tied: bool = False,
    how: str | float = "default",
) -> Autoencoder:
    torch.manual_seed(0)
    rest = (activation, output, 0.0, False, how, tied)
    return mlp(SHAPE, SHAPE, 1, "identity", Deterministic(5), Normal(5), widths, *rest)  # type: ignore[arg-type]


def refused(model: Autoencoder) -> list[str]:
    return list(LinearDecoder().objections(cast(Any, SimpleNamespace(model=model))))


@pytest.mark.parametrize("how", ["default", 0.01, "he"])
@pytest.mark.parametrize(
    ("widths", "activation", "output", "is_linear"),
    [
        ([], "relu", "auto", True),
        ([7, 6], "identity", "auto", True),
        ([7], "relu", "auto", False),
        ([7], "tanh", "auto", False),
        ([], "relu", "sigmoid", False),
        ([], "relu", "relu", False),
    ],
)
def test_refuses_what_is_not_linear(
    widths: list[int], activation: str, output: str, is_linear: bool, how: str | float
) -> None:
    model = built(widths, activation, output, how=how)
    lines = refused(model)
    assert len(lines) == (not is_linear) and all("linear" in line for line in lines)
    assert all(module.training for module in model.modules())


def test_dropout_and_norms_rest_meanwhile_and_afterwards_do_what_they_did() -> None:
    torch.manual_seed(0)
    common = (Deterministic(5), Normal(5), [7], "identity", "auto", 0.5, True, "default", False)
    model = mlp(SHAPE, SHAPE, 1, "identity", *common)  # type: ignore[arg-type]
    model.encoder.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert refused(model) == []
    assert not model.encoder.training and model.decoder is not None and model.decoder.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_model_without_parameters_or_decoder() -> None:
    assert refused(identity(SHAPE, SHAPE, 1, "identity")) == []
    model = Autoencoder(nn.Flatten(), Deterministic(12), Normal(12), None)
    assert refused(model) == []


@pytest.mark.parametrize("tied", [False, True])
def test_the_matrix_is_the_product_of_the_layers(tied: bool) -> None:
    model = built([7], "identity", tied=tied).eval()
    layers: list[Any] = cast(Net, model.decoder).layers
    weights = [layer.weight.t() if tied else layer.weight for layer in layers]
    first, second = (weight.detach().double() for weight in weights)
    w = matrix(model.decode, torch.zeros(3, 5))
    assert w.shape == (12, 5) and w.dtype == torch.float64 and not w.requires_grad
    torch.testing.assert_close(w, second @ first, rtol=1e-5, atol=1e-6)
