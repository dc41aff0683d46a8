"""What every term shares: sums over a sample, a weight that is a number or a schedule."""

import pytest
import torch

from aelab.loss.term import Likelihood, Term, per_sample
from aelab.schedule import Clock, Linear
from aelab.trace import Trace


@pytest.mark.parametrize("shape", [(3, 1), (3, 5), (3, 1, 4, 6), (3, 3, 2, 2), (3, 2, 2, 2, 2)])
def test_per_sample_sums_over_everything_but_the_batch(shape: tuple[int, ...]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert per_sample(values).shape == (3,)
    expected = [sum(sample.flatten().tolist()) for sample in values]
    assert per_sample(values).tolist() == pytest.approx(expected, abs=1e-12)


def test_the_weight_is_what_was_given() -> None:
    assert Term().weight == 1.0 and Term(0.25).weight == 0.25


def test_a_scheduled_weight_becomes_a_number_under_a_clock() -> None:
    term = Term(Linear(0.0, 4.0))
    clock = Clock(term)
    assert term.weight == 0.0
    clock.set(0.25)
    assert term.weight == 1.0
    clock.set(1.0)
    assert term.weight == 4.0


def test_a_likelihood_asks_for_one_map_and_no_activation_unless_it_says_so() -> None:
    assert (Likelihood.link, Likelihood.maps, Likelihood.unit) == ("identity", 1, False)
    with pytest.raises(NotImplementedError):
        Likelihood().log_prob(torch.zeros(1, 1), Trace())
