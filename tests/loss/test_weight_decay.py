"""WeightDecay: half the squared norm of weights and kernels, each counted once."""

import pytest
import torch
from torch import Tensor, nn

from aelab.loss.weight_decay import WeightDecay
from aelab.model.autoencoder import Autoencoder
from aelab.model.conv import conv
from aelab.model.latent.deterministic import Deterministic
from aelab.model.mlp import mlp
from aelab.model.prior.gaussian_mixture import GaussianMixture
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.trace import Trace

SHAPE = (1, 6, 5)


def nets(kind: str, tied: bool) -> Autoencoder:
    torch.manual_seed(0)
    common = dict(
        shape=SHAPE, target=SHAPE, maps=1, link="identity", latent=Deterministic(3), prior=Normal(3)
    )
    common |= dict(activation="tanh", output_activation="auto", dropout=0.0, batch_norm=True)
    common |= dict(initialisation="default", tied=tied)
    own = dict(widths=[8, 4]) if kind == "mlp" else dict(channels=[2, 3], kernel=3, down="stride")
    return (mlp if kind == "mlp" else conv)(**common, **own)  # type: ignore[arg-type]


def kernels(model: nn.Module) -> list[Tensor]:
    """The weights of layers; a tied layer has none of its own."""
    layers = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    return [module.weight for module in model.modules() if isinstance(module, layers)]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_is_half_the_squared_frobenius_norm_of_layers(kind: str, tied: bool) -> None:
    model = nets(kind, tied)
    expected = 0.5 * sum(torch.linalg.vector_norm(w).item() ** 2 for w in kernels(model))
    out = WeightDecay(1.0)(model.weights)
    assert out.ndim == 0 and out.item() == pytest.approx(expected, rel=1e-5)
    assert len(model.weights) == (3 if tied else 6)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_its_gradient_is_lambda_times_the_weight_and_nothing_for_the_rest(kind: str, tied: bool) -> None:
    model = nets(kind, tied)
    objective = Objective({"weight_decay": WeightDecay(weight=0.03)}).bind(model.gives)
    total, _ = objective(model(Trace(x_tilde=torch.rand(4, *SHAPE))))
    total.backward()
    weights = kernels(model)
    for weight in weights:
        torch.testing.assert_close(weight.grad, 0.03 * weight.detach())
    others = [p for p in model.parameters() if all(p is not w for w in weights)]
    assert others and all(p.grad is None for p in others)  # biases and norms


def test_a_learned_priors_places_are_no_weights() -> None:
    prior = GaussianMixture(2, 3, True, "full", 4.0, 1.0, 0.5)
    model = Autoencoder(nn.Linear(5, 2), Deterministic(2), prior, nn.Linear(2, 5))
    assert not {id(p) for p in prior.parameters()} & {id(p) for p in model.weights}


def test_of_no_weights_at_all_is_nothing() -> None:
    """model=identity has none."""
    assert WeightDecay(1.0)(()).item() == 0
