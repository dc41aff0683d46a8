"""The contraction: PyTorch's own Jacobian, for nets of every kind."""

from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from aelab.metric import contraction
from aelab.metric.contraction import Contraction
from aelab.model.autoencoder import Autoencoder, Latent
from aelab.model.conv import conv
from aelab.model.identity import identity
from aelab.model.latent.deterministic import Deterministic
from aelab.model.mlp import mlp
from aelab.model.prior.normal import Normal

SHAPE = (1, 6, 5)


class Top(Latent):
    """The 2 largest of the code, a mask that no unit finds alone."""

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": h * (h >= h.topk(2).values[:, -1:])}


class Softmax(Latent):
    """Units that depend on each other."""

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": h.softmax(1)}


class Twice(Latent):
    """A code of half as many numbers as the encoder gives."""

    @property
    def width(self) -> int:
        return 2 * self.dim

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        a, b = h.chunk(2, 1)
        return {"z": a * b}


def flat(latent: Latent, widths: list[int]) -> Autoencoder:
    prior = Normal(latent.dim)
    common = ("auto", 0.3, True, "default", False)
    return mlp(SHAPE, SHAPE, 1, "identity", latent, prior, widths, "relu", *common)  # type: ignore[arg-type]


def image(latent: Latent) -> Autoencoder:
    common = ("auto", 0.0, False, "default", False)
    return conv(SHAPE, SHAPE, 1, "identity", latent, Normal(latent.dim), [3], 3, "stride", "tanh", *common)  # type: ignore[arg-type]


MODELS: dict[str, tuple[Callable[[], Autoencoder], bool]] = {
    "linear": (lambda: flat(Deterministic(4), []), True),
    "one layer of sigmoids": (lambda: flat(Deterministic(4, "sigmoid"), []), True),
    "one layer of relus": (lambda: flat(Deterministic(40, "relu"), []), True),
    "one layer, the largest kept": (lambda: flat(Top(5), []), True),
    "identity": (lambda: identity(SHAPE, SHAPE, 1, "identity"), True),
    "one layer of softmax": (lambda: flat(Softmax(4), []), False),
    "one layer, units multiplied": (lambda: flat(Twice(4), []), False),
    "deep": (lambda: flat(Deterministic(4, "sigmoid"), [16, 8]), False),
    "convolutions": (lambda: image(Deterministic(4)), False),
}


def built(name: str) -> tuple[Autoencoder, bool]:
    torch.manual_seed(0)
    make, is_short = MODELS[name]
    return make().eval(), is_short


def exact(model: Autoencoder, x: Tensor) -> Tensor:
    """‖∂z/∂x‖_F of each row: [b]"""
    return torch.stack([jacobian(lambda x: model.encode(x)["z"], row[None]).norm() for row in x])  # type: ignore[union-attr]


def scored(metric: Contraction, model: Autoencoder, x: Tensor, size: int) -> dict[str, float]:
    metric.reset()
    with torch.no_grad():
        for part in x.split(size):
            metric.update(part, model.encode(part)["z"], model.encode)
    return metric.compute()


@pytest.mark.parametrize("at_once", [3, 256])
@pytest.mark.parametrize("size", [1, 4, 10])
@pytest.mark.parametrize("name", MODELS)
def test_is_the_norm_of_the_jacobian(name: str, size: int, at_once: int) -> None:
    model, _ = built(name)
    x = torch.randn(10, *SHAPE, generator=torch.Generator().manual_seed(1))
    with patch.object(contraction, "AT_ONCE", at_once):
        scores = scored(Contraction(100, 0.05), model, x, size)
    assert scores["jacobian"] == pytest.approx(exact(model, x).mean().item(), rel=1e-5)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("name", MODELS)
def test_the_short_way_is_taken_where_it_is_right(name: str) -> None:
    model, is_short = built(name)
    x = torch.randn(10, *SHAPE).requires_grad_()
    code = model.encode(x)
    short = contraction.one_layer(model.encode, x, code["h"], code["z"])
    assert (short is not None) == is_short
    if short is not None:
        torch.testing.assert_close(short, exact(model, x), rtol=1e-5, atol=1e-6)


def test_of_one_sigmoid_layer_it_is_the_lectures_sum() -> None:
    """√ Σ_j (z_j(1 − z_j))² Σ_i W_ji²"""
    model, _ = built("one layer of sigmoids")
    (layer,) = (part for part in model.encoder.modules() if isinstance(part, nn.Linear))
    x = torch.rand(12, *SHAPE)
    z = torch.sigmoid(layer(x.flatten(1)))
    expected = ((z * (1 - z)).square() @ layer.weight.square().sum(1)).sqrt().mean().item()
    assert scored(Contraction(12, 0.05), model, x, 12)["jacobian"] == pytest.approx(expected, rel=1e-5)


def test_looks_at_the_first_rows_only() -> None:
    model, _ = built("deep")
    x = torch.randn(10, *SHAPE)
    score = scored(Contraction(5, 0.05), model, x, 3)["jacobian"]
    assert score == pytest.approx(exact(model, x[:5]).mean().item(), rel=1e-5)


def told(model: Autoencoder) -> Contraction:
    """The metric of one row, after it was asked whether it can work with this model."""
    metric, system = Contraction(1, 0.05), SimpleNamespace(model=model)
    assert list(metric.objections(cast(Any, system))) == []
    return metric


@pytest.mark.parametrize(("bounds", "expected"), [((0, 1), 5 / 8), ((-1, 1), 3 / 8)])
def test_saturation_counts_the_ends_of_the_range(bounds: tuple[float, float], expected: float) -> None:
    model, _ = built("one layer of sigmoids")
    model.latent.bounds = bounds
    metric = told(model)
    metric.reset()
    z = torch.tensor([[0.0, 0.04, 0.06, 0.5], [0.94, 0.96, 1.0, 0.01]])
    metric.update(torch.rand(2, *SHAPE), z, model.encode)
    assert metric.compute()["saturation"] == expected


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_codes_in_use_are_in_their_own_range_whatever_dropout_makes_of_it(dropout: float) -> None:
    torch.manual_seed(0)
    model = flat(Deterministic(4, "sigmoid", dropout), []).eval()
    x = 40 * torch.randn(200, *SHAPE)
    z = model.encode(x)["z"]
    expected = ((z < 0.05) | (z > 0.95)).float().mean().item()
    assert 0.3 < expected < 1 and (z > 0.95).any()
    assert scored(told(model), model, x, 50)["saturation"] == pytest.approx(expected)


@pytest.mark.parametrize("bounds", [(-inf, inf), (0, inf)])
def test_an_unbounded_code_saturates_nowhere(bounds: tuple[float, float]) -> None:
    model, _ = built("one layer of relus")
    model.latent.bounds = bounds
    metric = told(model)
    assert list(scored(metric, model, torch.rand(2, *SHAPE), 2)) == ["jacobian"]


@pytest.mark.parametrize(
    ("rows", "margin", "name"), [(0, 0.05, "rows"), (1, 0.6, "margin"), (1, -0.1, "margin")]
)
def test_refuses(rows: int, margin: float, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} "):
        Contraction(rows, margin)
