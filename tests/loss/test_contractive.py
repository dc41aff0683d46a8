"""Contractive: the squared norm of the code's Jacobian, by three ways, in training and in evaluation."""

import importlib
import math
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor
from torch.autograd.functional import jacobian

from aelab.loss.contractive import Contractive
from aelab.model.activation import Name
from aelab.model.autoencoder import Autoencoder, Latent
from aelab.model.latent.deterministic import Deterministic
from aelab.model.latent.k_sparse import KSparse
from aelab.model.net import Block, Net
from aelab.model.prior.normal import Normal
from aelab.places import conf_dir
from aelab.reads import reads
from aelab.trace import Trace

SHAPE = (1, 4, 5)
ACTIVATIONS: tuple[Name, ...] = ("sigmoid", "tanh", "softplus", "identity", "relu", "gelu")


def net(kind: str = "mlp", latent: Latent | None = None, **changed: Any) -> Autoencoder:
    torch.manual_seed(0)
    latent = latent or Deterministic(3, "sigmoid")
    told = dict(shape=SHAPE, target=SHAPE, maps=1, link="identity", latent=latent, prior=Normal(3))
    file = OmegaConf.to_container(OmegaConf.load(conf_dir() / "model" / f"{kind}.yaml"))
    assert isinstance(file, dict)
    defaults = {str(key): value for key, value in file.items() if key not in ("_target_", "defaults")}
    own = dict(widths=[]) if kind == "mlp" else dict(channels=[4, 3], down="pool")
    settings = defaults | told | own | dict(activation="tanh", initialisation="xavier") | changed
    return getattr(importlib.import_module(f"aelab.model.{kind}"), kind)(**settings)


NETS: dict[str, Callable[[], Autoencoder]] = {
    "deep": lambda: net(widths=[9, 6]),
    "relu": lambda: net(widths=[9], activation="relu", latent=Deterministic(4)),
    "conv": lambda: net("conv"),
    "batch_norm": lambda: net("conv", batch_norm=True).eval(),
    "tied": lambda: net(tied=True),
    "k_sparse": lambda: net(widths=[9], latent=KSparse(5, 2)),
}
ONE_LAYER: dict[str, Callable[[], Autoencoder]] = {
    name: partial(lambda name: net(latent=Deterministic(3, name)), name) for name in ACTIVATIONS
} | {"k_sparse": lambda: net(latent=KSparse(5, 2)), "tied": lambda: net(tied=True)}


def images(dtype: torch.dtype, n: int = 6) -> Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


def of(term: Contractive, model: Autoencoder, x: Tensor) -> Tensor:
    """As the objective calls it."""
    trace = model(Trace(x_tilde=x))
    return term(**{name: trace[name] for name in reads(term.forward)})


def expected(model: Autoencoder, x: Tensor) -> Tensor:
    """Sample by sample, with PyTorch's own Jacobian."""
    whole = [jacobian(lambda one: model.encode(one)["z"], sample[None]) for sample in x]
    return torch.stack([one.square().sum() for one in whole])  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ONE_LAYER)
def test_closed_is_the_whole_jacobian_of_one_layer(name: str, dtype: torch.dtype) -> None:
    model, x = ONE_LAYER[name]().to(dtype), images(dtype)
    out = of(Contractive("closed", 1, 1.0), model, x)
    assert out.shape == (6,) and out.dtype == dtype
    torch.testing.assert_close(out, expected(model, x), rtol=1e-5, atol=0)
    torch.testing.assert_close(out, of(Contractive("exact", 1, 1.0), model, x), rtol=1e-5, atol=0)
    assert list(Contractive("closed", 1, 1.0).objections(model)) == []


def test_closed_is_the_lectures_formula_of_sigmoids() -> None:
    """Σ_j (z_j(1 − z_j))² Σ_i W_ji²"""
    model, x = net(), images(torch.float32)
    z, w = model.encode(x)["z"], model.weights[0]
    torch.testing.assert_close(
        of(Contractive("closed", 1, 1.0), model, x), (z * (1 - z)) ** 2 @ (w**2).sum(1)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NETS)
def test_exact_is_the_whole_jacobian_of_any_net(name: str, dtype: torch.dtype) -> None:
    model, x = NETS[name]().to(dtype), images(dtype)
    out = of(Contractive("exact", 1, 1.0), model, x)
    assert out.shape == (6,) and out.dtype == dtype
    torch.testing.assert_close(out, expected(model, x), rtol=1e-5, atol=0)


@pytest.mark.parametrize("way", ["closed", "exact"])
def test_gradients_are_finite_differences(way: Any) -> None:
    model, x = net(widths=[] if way == "closed" else [6]).double(), images(torch.float64, 3)
    term, parameters = Contractive(way, 1, 1.0), list(model.encoder.parameters())
    gradients = torch.autograd.grad(of(term, model, x).sum(), parameters, allow_unused=True)
    generator, eps = torch.Generator().manual_seed(2), 1e-5
    for parameter, gradient in zip(parameters, gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        values = []
        for step in (eps, -2 * eps, eps):
            with torch.no_grad():
                parameter += step * direction
                values.append(of(term, model, x).sum().item())
        slope = (gradient * direction).sum().item() if gradient is not None else 0.0
        assert slope == pytest.approx((values[0] - values[1]) / (2 * eps), rel=1e-5, abs=1e-8)


def draws(model: Autoencoder, x: Tensor, n: int, probes: int = 1) -> tuple[Tensor, Tensor]:
    """n estimates and n gradients of the first weight: [n, b], [n, width, n_in]."""
    torch.manual_seed(3)
    term, values, gradients = Contractive("hutchinson", probes, 1.0), [], []
    for _ in range(n):
        values.append(of(term, model, x))
        gradients.append(torch.autograd.grad(values[-1].sum(), model.weights[0])[0])
    return torch.stack(values).detach(), torch.stack(gradients)


def is_mean_of(samples: Tensor, mean: Tensor) -> bool:
    """Whether the samples' mean is within 5 standard errors of it, everywhere."""
    error = samples.std(0) / len(samples) ** 0.5
    return bool(((samples.mean(0) - mean).abs() <= 5 * error + 1e-9).all())


def test_hutchinson_and_its_gradient_are_unbiased() -> None:
    model, x = net(widths=[6]).double(), images(torch.float64, 4)
    whole = of(Contractive("exact", 1, 1.0), model, x)
    (gradient,) = torch.autograd.grad(whole.sum(), model.weights[0])
    values, gradients = draws(model, x, 2000)
    assert is_mean_of(values, whole.detach()) and is_mean_of(gradients, gradient)
    assert not is_mean_of(values, 1.1 * whole.detach())  # it would tell
    torch.testing.assert_close(values.mean(0), whole.detach(), rtol=0.05, atol=0)


def test_more_probes_vary_less() -> None:
    model, x = net(widths=[6]).double(), images(torch.float64, 4)
    one, many = (draws(model, x, 600, probes)[0].var(0).mean().item() for probes in (1, 8))
    assert one / many == pytest.approx(8, rel=0.35)  # two variances of 2400 numbers each


def test_hutchinson_of_one_number_is_exact() -> None:
    model, x = net(widths=[6], latent=Deterministic(1)).double(), images(torch.float64)
    torch.testing.assert_close(of(Contractive("hutchinson", 1, 1.0), model, x), expected(model, x))


@pytest.mark.parametrize("way", ["closed", "exact", "hutchinson"])
def test_works_without_gradients_and_leaves_none(way: Any) -> None:
    model, x, term = net().eval(), images(torch.float32), Contractive(way, 4, 1.0)
    torch.manual_seed(4)
    learning = of(term, model, x)
    torch.manual_seed(4)
    with torch.no_grad():
        out = of(term, model, x)
    assert learning.requires_grad and not out.requires_grad and not x.requires_grad
    torch.testing.assert_close(out, learning)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("way", ["closed", "exact", "hutchinson"])
def test_takes_an_encoder_that_is_not_trained(way: Any) -> None:
    model, x = net().requires_grad_(False), images(torch.float32)
    out = of(Contractive(way, 400, 1.0), model, x)
    rtol = 0.5 if way == "hutchinson" else 1e-5
    torch.testing.assert_close(out.detach(), expected(model, x), rtol=rtol, atol=0)


@pytest.mark.parametrize("way", ["closed", "exact"])
def test_an_input_may_have_a_history_of_its_own(way: Any) -> None:
    """A gradient reaches what made x̃."""
    model, x = net().double(), images(torch.float64)
    shift = torch.zeros(SHAPE, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(of(Contractive(way, 1, 1.0), model, x + shift).sum(), shift)
    eps = 1e-5
    sides = [expected(model, x + side * eps * gradient).sum() for side in (1, -1)]
    torch.testing.assert_close((sides[0] - sides[1]) / (2 * eps), gradient.square().sum(), rtol=1e-5, atol=0)


@pytest.mark.parametrize("way", ["closed", "exact", "hutchinson"])
@pytest.mark.parametrize("learning", [True, False])
def test_works_under_autocast(way: Any, learning: bool) -> None:
    model, x = net(), images(torch.float32)
    whole = expected(model, x)
    with torch.set_grad_enabled(learning), torch.autocast("cpu", torch.bfloat16):
        out = of(Contractive(way, 400, 1.0), model, x)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out.detach(), whole, rtol=0.5 if way == "hutchinson" else 0.05, atol=0)
    if learning:
        out.sum().backward()
        gradient = model.weights[0].grad
        assert gradient is not None and gradient.isfinite().all() and gradient.abs().sum() > 0


def test_training_makes_the_code_contract() -> None:
    model, x = net(latent=Deterministic(3, "tanh")), images(torch.float32, 32)
    before = of(Contractive("closed", 1, 1.0), model, x).mean().item()
    optimizer = torch.optim.SGD(model.encoder.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        of(Contractive("closed", 1, 1.0), model, x).mean().backward()
        optimizer.step()
    assert of(Contractive("exact", 1, 1.0), model, x).mean().item() < 0.1 * before


def test_a_layer_that_gives_maps_has_a_jacobian_too() -> None:
    """[b, c, h, w] as it is where layers are trained one by one."""
    torch.manual_seed(0)
    layer = Net(Block(layer=torch.nn.Conv2d(1, 2, 3)))
    model = Autoencoder(layer, Deterministic(1, "tanh"), Normal(1), None).double()
    x = images(torch.float64)
    torch.testing.assert_close(of(Contractive("exact", 1, 1.0), model, x), expected(model, x))


def test_samples_do_not_touch_each_other() -> None:
    model, x = net(widths=[6]).double(), images(torch.float64)
    alone = torch.cat([of(Contractive("exact", 1, 1.0), model, one[None]) for one in x])
    torch.testing.assert_close(of(Contractive("exact", 1, 1.0), model, x), alone)


class Doubled(Deterministic):
    """A code of pairs' sums."""

    @property
    def width(self) -> int:
        return 2 * self.dim

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return super().forward(h[:, ::2] + h[:, 1::2])


REMEDY = "jacobian=exact or hutchinson takes any"
LAYER = "jacobian=closed needs an encoder of one full layer (model.widths=[]), this one is"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: net(widths=[9]), f"{LAYER} Linear, Tanh, Linear; {REMEDY}"),
        (lambda: net("conv", channels=[2]), f"{LAYER} Conv2d, Tanh, MaxPool2d, Flatten, Linear; {REMEDY}"),
        (
            lambda: importlib.import_module("aelab.model.identity").identity(SHAPE, SHAPE, 1, "identity"),
            f"{LAYER} empty; {REMEDY}",
        ),
        (
            lambda: net(latent=Doubled(3)),
            "jacobian=closed needs a latent that takes each number by itself, this one makes 3 of 6; "
            f"{REMEDY}",
        ),
    ],
)
def test_closed_objects_to_anything_but_one_full_layer(model: Callable, said: str) -> None:
    assert list(Contractive("closed", 1, 1.0).objections(model())) == [said]
    assert list(Contractive("exact", 1, 1.0).objections(model())) == []
    assert list(Contractive("hutchinson", 1, 1.0).objections(model())) == []


@pytest.mark.parametrize("way", ["closed", "exact", "hutchinson"])
def test_objects_to_codes_that_depend_on_the_batch(way: Any) -> None:
    said = "needs model.batch_norm=false: with it a code depends on its whole minibatch"
    assert list(Contractive(way, 1, 1.0).objections(net(widths=[9], batch_norm=True))) == [said]


def test_refuses_no_probes() -> None:
    with pytest.raises(ValueError) as caught:
        Contractive("exact", 0, 1.0)
    assert str(caught.value) == "probes must be at least 1, got 0"


@pytest.mark.parametrize("way", ["closed", "exact", "hutchinson"])
def test_trains_from_the_command_line(way: str, aelab: Callable[..., tuple[int, str, str]]) -> None:
    small = ("dataset.limit=40", "trainer=cpu", "trainer.max_epochs=1", "logger=none", "figure=none")
    settings = ("loss=[mse,contractive]", f"loss.contractive.jacobian={way}", "model.latent.activation=tanh")
    status, out, err = aelab(*settings, *small, "baseline=none", "model.widths=[]")
    assert status == 0, err
    (line,) = [line for line in out.splitlines() if line.startswith("test/loss.contractive")]
    assert 0 < float(line.split()[1]) < math.inf
    status, _, err = aelab(*settings, *small, "baseline=none")
    assert status == (2 if way == "closed" else 0) and len(err.splitlines()) <= 1


def test_leaves_the_model_as_it_was() -> None:
    model, x = net(widths=[6]), images(torch.float32)
    before = deepcopy(model.state_dict())
    of(Contractive("exact", 1, 1.0), model, x).sum().backward()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
