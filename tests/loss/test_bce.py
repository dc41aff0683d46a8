"""BCE: the Bernoulli likelihood, and the cross-entropy of grey pixels."""

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli

from aelab.loss.bce import BCE
from aelab.trace import Trace


def test_is_the_bernoulli_log_density_of_binary_data(pair: tuple[Tensor, Tensor]) -> None:
    grey, logits = pair
    x = (grey > 0.5).double()
    expected = torch.stack(
        [Bernoulli(logits=one).log_prob(of).sum() for one, of in zip(logits, x, strict=True)]
    )
    torch.testing.assert_close(BCE()(x, logits), -expected)
    torch.testing.assert_close(BCE().log_prob(x, Trace(x_logits=logits)), expected)


def test_is_the_cross_entropy_of_grey_data(pair: tuple[Tensor, Tensor]) -> None:
    x, logits = pair
    p = 1 / (1 + torch.exp(-logits))
    expected = [-(a * q.log() + (1 - a) * (1 - q).log()).sum() for a, q in zip(x, p, strict=True)]
    torch.testing.assert_close(BCE()(x, logits), torch.stack(expected))


def test_its_probabilities_of_all_binary_images_sum_to_one() -> None:
    images = torch.tensor(list(product([0.0, 1.0], repeat=6)), dtype=torch.float64).view(-1, 1, 2, 3)
    logits = torch.tensor([-3.0, -1.0, 0.0, 0.5, 2.0, 7.0], dtype=torch.float64).view(1, 1, 2, 3)
    log_prob = BCE().log_prob(images, Trace(x_logits=logits.expand_as(images)))
    assert log_prob.shape == (64,)
    assert log_prob.exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_its_gradient_is_p_minus_x(pair: tuple[Tensor, Tensor]) -> None:
    x, logits = pair
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(BCE()(x, logits).sum(), logits)
    torch.testing.assert_close(gradient, torch.sigmoid(logits.detach()) - x)


def test_far_logits_stay_finite_and_exact() -> None:
    x, logits = (
        torch.tensor([[0.0], [1.0], [0.0], [1.0]]),
        torch.tensor([[300.0], [300.0], [-300.0], [-300.0]]),
    )
    assert BCE()(x, logits).tolist() == [300.0, 0.0, 0.0, 300.0]


def test_what_it_asks_of_the_run() -> None:
    assert (BCE.link, BCE.maps, BCE.unit) == ("sigmoid", 1, True)
