"""The Gaussian code: draws from the density it says, and its mean in use."""

import math

import pytest
import torch
from scipy import stats

from aelab.model.latent.gaussian import Gaussian


def code(b: int, d: int) -> dict:
    torch.manual_seed(0)
    h = torch.randn(1, 2 * d).expand(b, -1)
    return Gaussian(d)(h) | {"h": h}


def test_draws_have_the_mean_and_the_variance_of_h() -> None:
    found = code(20_000, 3)
    assert tuple(found) == (*Gaussian.gives, "h") and Gaussian(3).width == 6
    mean, logvar = found["h"][0].chunk(2)
    assert torch.equal(found["mean"][0], mean) and torch.equal(found["logvar"][0], logvar)
    for z, m, v in zip(found["z"].t(), mean, logvar.exp(), strict=True):
        assert stats.kstest(((z - m) / v.sqrt()).numpy(), "norm").pvalue > 0.01


def test_a_code_in_half_precision_is_drawn_in_single() -> None:
    """bf16 would put every sixth draw of σ = 0.01 on μ itself."""
    torch.manual_seed(0)
    h = torch.tensor([[1.0, 2 * math.log(0.01)]], dtype=torch.bfloat16).expand(10_000, -1)
    found = Gaussian(1)(h)
    assert found["z"].dtype == found["q"].log_prob(found["z"]).dtype == torch.float32
    assert (
        found["z"].std().item() == pytest.approx(0.01, rel=0.05) and (found["z"] == 1).float().mean() < 1e-3
    )


def test_its_density_is_the_normal_one() -> None:
    found = code(5, 4)
    mean, std = found["mean"].numpy(), (0.5 * found["logvar"]).exp().numpy()
    expected = torch.from_numpy(stats.norm.logpdf(found["z"].numpy(), mean, std).sum(1)).float()
    torch.testing.assert_close(found["q"].log_prob(found["z"]), expected, rtol=1e-4, atol=1e-4)


def test_gradients_reach_both_halves_of_h() -> None:
    h = torch.randn(6, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(Gaussian(2)(h)["z"].square().sum(), h)
    assert gradient.ne(0).all()


def test_in_use_it_is_its_mean() -> None:
    latent, found = Gaussian(3), code(5, 3)
    assert torch.equal(latent.settled(found), found["mean"]) and not torch.equal(found["z"], found["mean"])


def test_a_fixed_variance_is_that_of_its_draws() -> None:
    torch.manual_seed(0)
    h = torch.randn(1, 3).expand(20_000, -1)
    latent = Gaussian(3, variance=0.25)
    found = latent(h)
    assert latent.width == 3 and torch.equal(found["mean"], h)
    assert found["logvar"].exp().eq(0.25).all() and found["q"].variance.eq(0.25).all()
    assert stats.kstest(((found["z"] - h) / 0.5).flatten().numpy(), "norm").pvalue > 0.01


def test_refuses_a_variance_that_is_not_positive() -> None:
    with pytest.raises(ValueError, match="variance must be positive, got 0"):
        Gaussian(2, variance=0)


def test_its_deviation_begins_where_it_is_told() -> None:
    torch.manual_seed(0)
    h = torch.zeros(20_000, 2)  # of an encoder that says nothing yet
    found = Gaussian(1, std=0.3)(h)
    assert found["z"].std().item() == pytest.approx(0.3, rel=0.03)
    torch.testing.assert_close(found["logvar"].exp().sqrt(), torch.full((20_000, 1), 0.3))
    with pytest.raises(ValueError, match="std must be positive, got 0"):
        Gaussian(2, std=0)
