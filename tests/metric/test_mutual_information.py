"""Mutual information: its two ends, the definition, and a linear model where it is known."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal

from aelab.metric.mutual_information import MutualInformation
from aelab.model.latent.gaussian import diagonal


def score(q: list[Distribution], z: list[Tensor], rows: int = 10**6, at_once: int = 10**6) -> float:
    metric = MutualInformation(rows, at_once)
    metric.reset()
    for one, draws in zip(q, z, strict=True):
        metric.update(one, draws)
    return metric.compute()["mutual_information"]


def test_a_code_that_ignores_x_tells_nothing() -> None:
    q = diagonal(torch.zeros(50, 3), torch.ones(50, 3))
    assert score([q], [q.sample()]) == pytest.approx(0, abs=1e-5)


def test_codes_far_apart_tell_the_row() -> None:
    q = diagonal(100 * torch.arange(50.0)[:, None], torch.ones(50, 1))
    assert score([q], [q.sample()]) == pytest.approx(math.log(50), abs=1e-5)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("rows", "at_once"), [(30, 10**6), (30, 1), (17, 100), (10, 64)])
def test_is_the_definition_for_any_rows_in_any_pieces(full: bool, rows: int, at_once: int) -> None:
    torch.manual_seed(0)
    mean, root = torch.randn(30, 2).double(), torch.randn(30, 2, 2).double()
    std = 0.1 + root[:, 0].abs()
    covariance = root @ root.mT + 0.1 * torch.eye(2) if full else torch.diag_embed(std**2)
    pieces = [slice(0, 12), slice(12, 20), slice(20, 30)]
    q: list[Distribution] = [
        MultivariateNormal(mean[piece], covariance[piece]) if full else diagonal(mean[piece], std[piece])
        for piece in pieces
    ]
    z = [one.sample() for one in q]
    rows_of = zip(mean[:rows].numpy(), covariance[:rows].numpy(), strict=True)
    columns = [multivariate_normal.logpdf(torch.cat(z)[:rows].numpy(), m, s) for m, s in rows_of]
    density = np.stack(columns, axis=1)  # [draw, row]
    expected = np.mean(density.diagonal() - logsumexp(density, axis=1) + math.log(rows))
    assert score(q, z, rows, at_once) == pytest.approx(expected, rel=1e-6)


def test_of_a_linear_channel_it_is_shannons() -> None:
    """z = s x + ε: I = ½ log(1 + s²), in nats"""
    torch.manual_seed(0)
    x = torch.randn(3000, 1).double()
    q = diagonal(2 * x, torch.ones_like(x))
    assert score([q], [q.sample()]) == pytest.approx(0.5 * math.log(5), abs=0.03)


@pytest.mark.parametrize(
    ("rows", "at_once", "said"),
    [(1, 10, "rows must be at least 2, got 1"), (2, 0, "at_once must be at least 1, got 0")],
)
def test_refusals(rows: int, at_once: int, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        MutualInformation(rows, at_once)
    assert str(caught.value) == said
