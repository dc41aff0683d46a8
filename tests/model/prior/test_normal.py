"""The standard normal prior: its density and its samples."""

import pytest
import torch
from scipy import stats
from torch.distributions import Independent, MultivariateNormal
from torch.distributions import Normal as Reference

from aelab.model.prior.normal import Normal


@pytest.mark.parametrize("dim", [1, 2, 10])
def test_log_prob_is_that_of_a_standard_normal(dim: int) -> None:
    z = 3 * torch.randn(50, dim, dtype=torch.float64)
    expected = Independent(Reference(torch.zeros(dim).double(), torch.ones(dim).double()), 1).log_prob(z)
    torch.testing.assert_close(Normal(dim).double().given().log_prob(z), expected)
    joint = MultivariateNormal(torch.zeros(dim).double(), torch.eye(dim).double())
    given = Normal(dim).double().given(torch.zeros(50, 3))  # whatever the condition
    torch.testing.assert_close(given.log_prob(z), joint.log_prob(z))


def test_samples_are_standard_normal_and_independent() -> None:
    torch.manual_seed(0)
    z = Normal(4).sample(5000)
    assert z.shape == (5000, 4)
    for column in z.t():
        assert stats.kstest(column.numpy(), "norm").pvalue > 0.01
    off_diagonal = torch.corrcoef(z.t()) - torch.eye(4)
    assert off_diagonal.abs().max() < 5 / 5000**0.5


def test_its_mean_log_density_is_minus_its_entropy() -> None:
    torch.manual_seed(0)
    prior = Normal(3)
    entropy = 3 * stats.norm.entropy()
    assert prior.given().log_prob(prior.sample(40_000)).mean().item() == pytest.approx(
        -entropy, abs=5 * (1.5 / 40_000) ** 0.5
    )


def test_has_nothing_to_save() -> None:
    assert Normal(3).state_dict() == {} and list(Normal(3).parameters()) == []
