"""What is seen stays, what is hidden is drawn given what is seen."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae

from aelab.figure.completions import Completions


def cells(canvas, untiled, k, i):
    return untiled(canvas.axes[i].images[0].get_array(), k, 6, 4)


def test_observed_true_and_completions(memory, painted, untiled):
    dataset = memory()
    v = vae(dataset, condition="observed")
    canvas = painted(Completions(rows=3, n=4).draw(v))
    assert [axes.get_title() for axes in canvas.axes] == ["observed", "true", "drawn"]
    trace = v.trace("test", 12)
    rows = [int((trace.y == label).nonzero()[0]) for label in range(3)]
    x = shown(trace.x[rows])
    np.testing.assert_allclose(cells(canvas, untiled, 3, 1), x, atol=1e-6)
    seen = np.zeros((6, 4), bool)
    seen[3:, :2] = True  # quadrants=1, the bottom left
    observed = cells(canvas, untiled, 3, 0)
    np.testing.assert_allclose(observed[:, seen], x[:, seen], atol=1e-6)
    np.testing.assert_allclose(observed[:, ~seen], 0.5)
    drawn = cells(canvas, untiled, 12, 2).reshape(3, 4, 6, 4)
    np.testing.assert_allclose(drawn[:, :, seen], x[:, None, seen].repeat(4, 1), atol=1e-6)
    assert (drawn[:, :, ~seen].std(1) > 0).all()  # every completion another


def test_a_completion_is_decoded_given_its_own_row(memory, painted, untiled):
    dataset = memory()
    v = vae(dataset, condition="observed")
    v.model.prior.sample = lambda n, c=None: torch.zeros(n, 2)
    drawn = cells(painted(Completions(rows=3, n=1).draw(v)), untiled, 3, 2)
    trace = v.trace("test", 12)
    rows = [int((trace.y == label).nonzero()[0]) for label in range(3)]
    x_hat = v.model.decode(trace.z[rows] * 0, trace.c[rows])["x_hat"]
    hidden = trace["mask"][rows].bool().squeeze(1).numpy()
    np.testing.assert_allclose(drawn[hidden], shown(x_hat)[hidden], atol=1e-5)


def test_nothing_without_such_a_condition_or_prior(memory):
    for condition, regards in ((None, True), ("label", True), ("observed", False)):
        assert Completions(3, 2).draw(vae(memory(), condition=condition, regards=regards)) is None


@pytest.mark.parametrize(("rows", "n"), [(0, 1), (1, 0)])
def test_none_are_refused(rows, n):
    with pytest.raises(ValueError, match="must be at least 1, got 0"):
        Completions(rows, n)
