"""The uniform prior: its density inside and outside, and its draws."""

import math

import pytest
import torch
from scipy import stats

from aelab.model.prior.uniform import Uniform


def test_its_density_is_that_of_a_cube() -> None:
    z = torch.tensor([[0.0, 0, 0], [1.9, -1.9, 1], [2.1, 0, 0]])
    found = Uniform(3, 2.0).given().log_prob(z)
    torch.testing.assert_close(found, torch.tensor([-3 * math.log(4), -3 * math.log(4), -math.inf]))


def test_draws_fill_every_axis_alike() -> None:
    torch.manual_seed(0)
    z = Uniform(3, 2.0).double().sample(4000)
    assert z.shape == (4000, 3) and z.dtype == torch.float64
    for column in z.t():
        assert stats.kstest(column.numpy(), "uniform", args=(-2, 4)).pvalue > 0.01
    assert (torch.corrcoef(z.t()) - torch.eye(3)).abs().max() < 5 / 4000**0.5


def test_has_nothing_to_save() -> None:
    assert Uniform(3, 1.0).state_dict() == {}


@pytest.mark.parametrize("bound", [0.0, -1.0, math.inf])
def test_refuses_what_is_no_cube(bound: float) -> None:
    with pytest.raises(ValueError) as caught:
        Uniform(2, bound)
    assert str(caught.value) == f"bound must be positive and finite, got {bound}"
