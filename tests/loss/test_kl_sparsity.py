"""KLSparsity: Bernoulli divergences of mean activations, each over the batch, of codes in [0, 1]."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, kl_divergence

from aelab.loss.kl_sparsity import KLSparsity
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.latent.k_sparse import KSparse
from aelab.model.prior.normal import Normal
from aelab.schedule import Clock, Linear


@pytest.fixture
def z() -> Tensor:
    return torch.rand(7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.5, 0.9])
def test_is_the_divergence_of_bernoullis(z: Tensor, rho: float) -> None:
    expected = kl_divergence(Bernoulli(torch.full((3,), rho).double()), Bernoulli(z.mean(0))).sum()
    out = KLSparsity(rho, 1.0)(z)
    assert out.ndim == 0
    torch.testing.assert_close(out, expected)


def test_is_averaged_over_the_batch_and_summed_over_units() -> None:
    """Each unit is on in its share of samples; each sample has another share of units on."""
    z = torch.zeros(20, 4)
    z[0], z[1, 0] = 1, 1
    rates = [2 / 20, 1 / 20, 1 / 20, 1 / 20]
    expected = sum(kl_divergence(Bernoulli(0.05), Bernoulli(rate)).item() for rate in rates)
    assert KLSparsity(0.05, 1.0)(z).item() == pytest.approx(expected, rel=1e-5)
    assert KLSparsity(0.05, 1.0)(z[:, 1:]).item() == pytest.approx(
        0, abs=1e-6
    )  # every unit as active as asked


def test_its_gradient_pushes_every_unit_to_rho(z: Tensor) -> None:
    """∂/∂z_ij = (−ρ/ρ̂_j + (1 − ρ)/(1 − ρ̂_j))/b"""
    z.requires_grad_()
    (gradient,) = torch.autograd.grad(KLSparsity(0.3, 1.0)(z), z)
    mean = z.detach().mean(0)
    torch.testing.assert_close(gradient, ((-0.3 / mean + 0.7 / (1 - mean)) / 7).expand(7, 3))
    assert torch.equal(gradient > 0, (mean > 0.3).expand(7, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_saturated_units_stay_finite(dtype: torch.dtype) -> None:
    h = torch.tensor([[-200.0, 200.0, -50.0, 30.0, 6.5]] * 4, dtype=dtype, requires_grad=True)
    out = KLSparsity(0.05, 1.0)(torch.sigmoid(h))
    out.backward()
    assert out.isfinite() and out > 10 and h.grad is not None and h.grad.isfinite().all()
    assert KLSparsity(0.05, 1.0)(torch.tensor([[0.0, 1.0]]).to(dtype)).isfinite()


def test_half_precision_codes_are_averaged_in_single() -> None:
    z = torch.full((1000, 2), 1.0, dtype=torch.bfloat16)
    z[0] = 0  # their mean, 0.999, is 1 in bfloat16
    assert KLSparsity(0.5, 1.0)(z).item() == pytest.approx(KLSparsity(0.5, 1.0)(z.float()).item(), rel=1e-5)


def test_a_scheduled_rho_follows_the_clock(z: Tensor) -> None:
    term = KLSparsity(Linear(0.5, 0.1), 1.0)
    clock = Clock(term)
    for progress, rho in ((0.0, 0.5), (0.5, 0.3), (1.0, 0.1)):
        clock.set(progress)
        torch.testing.assert_close(term(z), KLSparsity(rho, 1.0)(z))


@pytest.mark.parametrize("rho", [0, 1, -0.1, 1.5, float("nan"), Linear(0.5, 0.0)])
def test_refuses_a_rho_outside_the_unit_interval(rho: float) -> None:
    with pytest.raises(ValueError) as caught:
        KLSparsity(rho, 1.0)
    assert str(caught.value) == f"rho must lie in (0, 1), got {rho}"


@pytest.mark.parametrize(
    ("latent", "range_"),
    [
        (Deterministic(3), "[-inf, inf]"),
        (Deterministic(3, "relu"), "[0, inf]"),
        (Deterministic(3, "tanh"), "[-1, 1]"),
        (KSparse(3, 2), "[-inf, inf]"),
        (Deterministic(3, "sigmoid"), None),
        (Deterministic(3, "sigmoid", dropout=0.5), "[0, 2]"),
        (Deterministic(3, "tanh", dropout=0.2), "[-1.25, 1.25]"),
    ],
)
def test_objects_to_codes_outside_the_unit_interval(latent: Deterministic, range_: str | None) -> None:
    model = Autoencoder(torch.nn.Identity(), latent, Normal(3), None)
    assert list(KLSparsity(0.05, 1.0).objections(model)) == (
        [
            f"needs codes in [0, 1], this latent's lie in {range_}; "
            "model/latent=deterministic model.latent.activation=sigmoid brings them there"
        ]
        if range_
        else []
    )


def test_training_brings_mean_activations_to_rho() -> None:
    torch.manual_seed(0)
    x, layer, term = torch.rand(64, 10), torch.nn.Linear(10, 5), KLSparsity(0.1, 1.0)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        term(torch.sigmoid(layer(x))).backward()
        optimizer.step()
    assert torch.sigmoid(layer(x)).mean(0).tolist() == pytest.approx([0.1] * 5, abs=5e-3)


def test_the_command_line_says_what_to_do(aelab: Callable[..., tuple[int, str, str]]) -> None:
    status, _, err = aelab("loss=[mse,kl_sparsity]", "model.latent.activation=relu")
    assert status == 2 and err.splitlines() == [
        "loss.kl_sparsity: needs codes in [0, 1], this latent's lie in [0, inf]; "
        "model/latent=deterministic model.latent.activation=sigmoid brings them there"
    ]
