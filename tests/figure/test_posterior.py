"""The codes' draws and the prior's are drawn in one scale."""

import numpy as np
import pytest
import torch
from figure.generative import vae, why

from aelab.figure.posterior import Posterior


@pytest.mark.parametrize("dim", [2, 4])
def test_the_left_shows_the_codes_and_the_right_the_prior(dim, memory, painted):
    v = vae(memory(), dim=dim)
    trace = v.trace(v.dataset.final, 50)
    v.trace = lambda split, n: trace
    left, right = painted(Posterior(50).draw(v)).axes[:2]
    np.testing.assert_allclose(left.collections[0].get_offsets(), trace["z"][:, :2].numpy())
    prior = np.asarray(right.collections[0].get_offsets())
    assert prior.shape == (len(trace["z"]), 2) and left.get_xlim() == right.get_xlim()
    assert np.abs(prior.mean(0)).max() < 1 and 0.5 < prior.std() < 1.5  # N(0, I)


@pytest.mark.parametrize(
    ("dim", "said"), [(1, ""), (2, ""), (4, "the first two of the code's 4 numbers")], ids=str
)
def test_which_numbers_and_rows_of_how_many_is_said(dim, said, memory, painted):
    v = vae(memory(), dim=dim)
    assert painted(Posterior(50).draw(v)).get_supxlabel() == said
    canvas = painted(Posterior(5).draw(v))
    n = len(v.dataset.splits["test"])
    assert canvas.get_suptitle().replace("\n", " ").endswith(f"first 5 of {n} test rows")


def test_a_code_of_one_number_has_every_draw_in_a_bin(memory, painted):
    v = vae(memory(), dim=1)
    upper, lower = painted(Posterior(40).draw(v)).axes[:2]
    n = len(v.trace(v.dataset.final, 40)["z"])
    assert sum(bar.get_height() for bar in lower.patches) == pytest.approx(n)
    tops = {}
    for bar in upper.patches:  # stacked, class over class
        tops[bar.get_x()] = max(tops.get(bar.get_x(), 0), bar.get_y() + bar.get_height())
    assert sum(tops.values()) == pytest.approx(n) and upper.get_xlim() == lower.get_xlim()
    assert upper.get_ylim() == lower.get_ylim()
    assert upper.get_ylabel() == lower.get_ylabel() == "draws per bin"


def test_the_prior_is_the_same_for_every_run_and_disturbs_nobodys_draws(memory, painted):
    v = vae(memory())
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        right = painted(Posterior(30).draw(v)).axes[1]
        found.append(np.asarray(right.collections[0].get_offsets()))
    np.testing.assert_array_equal(*found)


def test_draws_that_no_term_holds_to_the_prior_are_shown_missing_it(memory):
    v = vae(memory())
    del v.terms["kl"]
    assert Posterior(30).draw(v) is not None


def test_nothing_of_codes_that_are_no_draws(memory):
    assert why(Posterior(30), vae(memory(), regards=False)) == (
        "draws codes that the loss brought to a prior, as kl, mmd or adversarial does"
    )


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="points must be at least 1, got 0"):
        Posterior(0)
