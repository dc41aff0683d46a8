"""The grid is regular in probability, its first axis goes right and its second up."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae, why
from scipy.stats import norm

from aelab.figure.manifold import Manifold
from aelab.model.prior.swiss_roll import SwissRoll


def cells(canvas, untiled, k, i=0):
    return untiled(canvas.axes[i].images[0].get_array(), k, 6, 4)


@pytest.mark.parametrize("n", [2, 5])
def test_every_place_is_its_z_decoded(n, memory, painted, untiled):
    v = vae(memory())
    found = cells(painted(Manifold(n).draw(v)), untiled, n * n).reshape(n, n, 6, 4)
    quantiles = norm.ppf((np.arange(n) + 0.5) / n)
    for line in range(n):
        for column in range(n):
            z = torch.tensor([[quantiles[column], quantiles[n - 1 - line]]]).float()
            np.testing.assert_allclose(found[line, column], shown(v.model.decode(z)["x_hat"])[0], atol=1e-5)


def test_a_code_of_one_number_is_a_strip(memory, painted, untiled):
    v = vae(memory(), dim=1)
    canvas = painted(Manifold(7).draw(v))
    z = torch.tensor(norm.ppf((np.arange(7) + 0.5) / 7)).float()[:, None]
    np.testing.assert_allclose(cells(canvas, untiled, 7), shown(v.model.decode(z)["x_hat"]), atol=1e-5)
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == []


def test_codes_that_know_no_prior_are_met_where_they_lie(memory, painted, untiled):
    v = vae(memory(), regards=False)
    z = 50 + 3 * torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    v.codes = lambda split: (z, None)
    steps = z.mean(0) + z.std(0, correction=0) * torch.tensor(norm.ppf([0.25, 0.75])).float()[:, None]
    expected = torch.stack([torch.stack([steps[j, 0], steps[1 - i, 1]]) for i in (0, 1) for j in (0, 1)])
    found = cells(painted(Manifold(2).draw(v)), untiled, 4)
    np.testing.assert_allclose(found, shown(v.model.decode(expected)["x_hat"]), atol=1e-4)


def test_whose_probability_the_steps_are_of_is_said(memory, painted):
    v = vae(memory())
    assert painted(Manifold(2).draw(v)).get_supxlabel().endswith("under the prior N(0, I)")
    v.model.prior = SwissRoll(2, 2, 3, 0)
    assert painted(Manifold(2).draw(v)).get_supxlabel().endswith("a normal distribution fitted to the codes")
    plain = painted(Manifold(2).draw(vae(memory(), regards=False)))
    assert plain.get_supxlabel().endswith("a normal distribution fitted to the codes")


def test_a_smaller_grid_for_each_class(memory, painted, untiled):
    v = vae(memory(), condition="label")
    canvas = painted(Manifold(6).draw(v))
    assert [axes.get_title() for axes in canvas.axes] == ["class 0", "class 1", "class 2"]
    left, _, right = torch.tensor(norm.ppf([1 / 6, 1 / 2, 5 / 6])).float()
    for label in range(3):
        given = torch.cat([left[None], right[None], torch.eye(3)[label]])[None]  # the upper left
        x_hat = v.model.decode(given)["x_hat"]  # as if c were part of z
        np.testing.assert_allclose(cells(canvas, untiled, 9, label)[0], shown(x_hat)[0], atol=1e-5)


def test_nothing_for_longer_codes_and_vectors(memory):
    assert why(Manifold(3), vae(memory(), dim=3)) == (
        "draws codes of one or two numbers, and these have 3; traversal draws those"
    )
    assert why(Manifold(3), vae(memory((5,)))) == "draws images; these rows are vectors [5]"
    assert why(Manifold(3), vae(memory(), condition="observed")) == (
        "draws what z decodes to, alone or with a label; this model is conditioned on x_tilde"
    )


def test_one_step_is_refused():
    with pytest.raises(ValueError, match="n must be at least 2, got 1"):
        Manifold(1)
