"""Draws lie as the codes of the training rows do."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.sampler.gaussian_mixture import GaussianMixture


def model(dim: int = 2, activation: str = "identity") -> Autoencoder:
    latent = Deterministic(dim, activation, 0.0)  # type: ignore[arg-type]
    return Autoencoder(torch.nn.Identity(), latent, Normal(dim), None)


def of(z: Tensor) -> Callable[[str], tuple[Tensor, None]]:
    def codes(split: str) -> tuple[Tensor, None]:
        assert split == "train"
        return z, None

    return codes


def test_weights_means_and_covariances() -> None:
    """Two far groups, a quarter and three quarters, one of them slanted."""
    torch.manual_seed(0)
    slant = torch.tensor([[2.0, 0.0], [1.5, 0.5]])
    z = torch.cat([torch.randn(1000, 2) - 20, torch.randn(3000, 2) @ slant.T + 20])
    sampler = GaussianMixture(2, 100_000)
    sampler.fit(model(), of(z))
    drawn = sampler.draw(20_000)
    assert drawn.shape == (20_000, 2) and drawn.dtype == torch.float32
    left, right = drawn[drawn[:, 0] < 0], drawn[drawn[:, 0] > 0]
    assert len(left) / len(drawn) == pytest.approx(0.25, abs=0.02)
    for part, own in ((left, z[:1000]), (right, z[1000:])):
        torch.testing.assert_close(part.mean(0), own.mean(0), atol=0.15, rtol=0)
        torch.testing.assert_close(part.T.cov(), own.T.cov(), atol=0.25, rtol=0)


def test_draws_follow_the_generator_and_not_the_condition() -> None:
    sampler = GaussianMixture(3, 100)
    sampler.fit(model(), of(torch.randn(200, 2)))
    c = torch.rand(5, 4)
    torch.manual_seed(1)
    first = sampler.draw(5)
    assert not torch.equal(first, sampler.draw(5))
    torch.manual_seed(1)
    assert torch.equal(first, sampler.draw(5, c))


def test_more_components_than_rows_and_codes_that_do_not_move() -> None:
    sampler = GaussianMixture(10, 100)
    sampler.fit(model(3), of(torch.tensor([[1.0, 5, 0], [2, 5, 0], [3, 5, 0]])))
    drawn = sampler.draw(50)
    assert drawn.isfinite().all()
    torch.testing.assert_close(drawn[:, 1:], torch.tensor([[5.0, 0]]).expand(50, 2), atol=0.05, rtol=0)


def test_no_draw_leaves_the_range_of_the_code() -> None:
    sampler = GaussianMixture(2, 1000)
    z = torch.rand(500, 2).round()  # at the ends of a sigmoid's range
    sampler.fit(model(2, "sigmoid"), of(z))
    drawn = sampler.draw(1000)
    assert drawn.min() >= 0 and drawn.max() <= 1


def test_rows_are_thinned() -> None:
    z = torch.cat([torch.zeros(1, 2), torch.full((1, 2), 1000.0)]).repeat(50, 1)
    sampler = GaussianMixture(1, 50)  # every second row
    sampler.fit(model(), of(z + 1e-3 * torch.randn(100, 2)))
    assert sampler.draw(100).abs().max() < 1


@pytest.mark.parametrize(
    ("components", "rows", "said"),
    [(0, 10, "components must be at least 1, got 0"), (1, 1, "rows must be at least 2, got 1")],
)
def test_refusals(components: int, rows: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        GaussianMixture(components, rows)
