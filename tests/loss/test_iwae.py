"""IWAE: the negative ELBO at K = 1, rising with K to the likelihood of a model where that is known."""

import pytest
import torch
from linear_gaussian import Linear
from torch.distributions import kl_divergence

from aelab.loss import iwae
from aelab.loss.bce import BCE
from aelab.loss.iwae import IWAE


def bound(model: Linear, k: int, draws: int) -> torch.Tensor:
    """L_K of each row, the mean over so many."""
    torch.manual_seed(0)
    term = IWAE(1.0, k, model.likelihood)
    return -torch.stack([term(model.x, model.q, model.prior, model.decode) for _ in range(draws)]).mean(0)


def test_with_the_true_posterior_one_draw_gives_the_likelihood() -> None:
    model = Linear()
    torch.testing.assert_close(bound(model, 1, 1), model.log_likelihood)


def test_one_draw_gives_the_elbo() -> None:
    model = Linear(wide=1.5)
    torch.manual_seed(0)
    z = model.q.rsample((1,))[0]
    single = IWAE(1.0, 1, model.likelihood)
    torch.manual_seed(0)
    found = single(model.x, model.q, model.prior, model.decode)
    distortion = model.likelihood(model.x, model.decode(z)["x_hat"])
    torch.testing.assert_close(found, distortion + model.q.log_prob(z) - model.prior.given().log_prob(z))
    elbo = model.log_likelihood - kl_divergence(model.q, Linear().q)
    torch.testing.assert_close(bound(model, 1, 4000), elbo, rtol=0, atol=0.1)


def test_rises_with_k_to_the_likelihood() -> None:
    model = Linear(wide=1.5)
    means = [bound(model, k, 4000 // k).mean().item() for k in (1, 4, 16, 1000)]
    assert means == sorted(means) and means[0] < means[1] - 0.05
    assert means[-1] == pytest.approx(model.log_likelihood.mean().item(), abs=0.01)


def test_its_weights_are_attached_to_q_and_to_the_decoder() -> None:
    model = Linear(wide=1.5)
    mean = model.q.loc.clone().requires_grad_()
    model.w.requires_grad_()
    q = torch.distributions.MultivariateNormal(mean, scale_tril=model.q.scale_tril)
    IWAE(1.0, 5, model.likelihood)(model.x, q, model.prior, model.decode).sum().backward()
    assert mean.grad is not None and model.w.grad is not None
    assert mean.grad.ne(0).all() and model.w.grad.ne(0).all()


def test_refuses_no_draws() -> None:
    with pytest.raises(ValueError) as caught:
        IWAE(1.0, 0, BCE())
    assert str(caught.value) == "samples must be at least 1, got 0"


def test_an_evaluation_decodes_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without gradients, K times a large minibatch need not be in memory together."""
    model, seen = Linear(), []
    monkeypatch.setattr(iwae, "AT_ONCE", 3 * model.x.numel())

    def decode(z: torch.Tensor) -> dict[str, torch.Tensor]:
        seen.append(len(z))
        return model.decode(z)

    with torch.no_grad():
        found = IWAE(1.0, 7, model.likelihood)(model.x, model.q, model.prior, decode)
    torch.testing.assert_close(-found, model.log_likelihood)
    assert seen == [n * len(model.x) for n in (3, 3, 1)]
