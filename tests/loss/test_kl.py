"""KL: the lecture's closed form, its estimate by draws, both directions, and capacity."""

import pytest
import torch
from torch import Tensor

from aelab.loss.kl import KL
from aelab.model.latent.gaussian import diagonal
from aelab.model.prior.normal import Normal


def parts(b: int = 7, d: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(b, d, generator=generator), torch.randn(b, d, generator=generator)


def term(**settings: object) -> KL:
    given: dict = {"direction": "forward", "estimate": "auto", "samples": 1, "capacity": None} | settings
    return KL(1.0, **given)


def test_is_the_closed_form_of_the_lecture() -> None:
    mean, logvar = parts()
    expected = 0.5 * (mean**2 + logvar.exp() - logvar - 1).sum(1)
    torch.testing.assert_close(term()(diagonal(mean, (0.5 * logvar).exp()), Normal(3)), expected)


def test_reversed_it_is_the_other_closed_form() -> None:
    mean, logvar = parts()
    expected = 0.5 * ((1 + mean**2) / logvar.exp() + logvar - 1).sum(1)
    found = term(direction="reverse")(diagonal(mean, (0.5 * logvar).exp()), Normal(3))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_draws_estimate_the_closed_form(direction: str) -> None:
    torch.manual_seed(3)
    mean, logvar = parts()
    q = diagonal(0.5 * mean, (0.2 * logvar).exp())
    exact = term(direction=direction)(q, Normal(3))
    drawn = term(direction=direction, estimate="monte_carlo", samples=100_000)(q, Normal(3))
    torch.testing.assert_close(drawn, exact, rtol=0.03, atol=0.03)


def test_is_zero_at_the_prior_alone() -> None:
    here = diagonal(torch.zeros(2, 3), torch.ones(2, 3))
    there = diagonal(torch.ones(2, 3), torch.ones(2, 3))
    assert term()(here, Normal(3)).tolist() == [0, 0] and term()(there, Normal(3)).tolist() == [1.5, 1.5]


def test_capacity_asks_for_so_many_nats() -> None:
    mean, logvar = parts()
    q = diagonal(mean, (0.5 * logvar).exp())
    kl = term()(q, Normal(3)).mean().item()
    assert term(capacity=2.0)(q, Normal(3)).item() == pytest.approx(abs(kl - 2))
    assert term(capacity=kl)(q, Normal(3)).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"samples": 0}, "samples must be at least 1, got 0"),
        ({"capacity": -1.0}, "capacity must not be negative, got -1.0"),
    ],
)
def test_refuses(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        term(**wrong)
    assert str(caught.value) == said
