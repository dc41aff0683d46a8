"""The panels are means over the rows of a factor's value, dimension by dimension."""

from itertools import product

import numpy as np
import pytest
import torch

from aelab.dataset.sprites import SIZES
from aelab.figure.latent_responses import LatentResponses

FACTORS = torch.tensor(list(product(range(3), range(6), range(0, 40, 3), range(0, 32, 8), range(0, 32, 5))))
SHAPE, SCALE, TURN, X, Y = FACTORS.double().T


@pytest.fixture
def knowing(memory, view):
    """codes -> the View of a run on rows of these factors, scored on all of them."""

    def make(*codes, names=tuple(SIZES), factors=FACTORS):
        dataset = memory(n=len(factors), split="all")
        dataset.rows.factors, dataset.rows.factor_names = factors, list(names)
        v = view(dataset)
        z = torch.stack(codes, dim=1).float()
        v.codes = lambda split: (z[dataset.splits[split]], None)
        return v

    return make


def panels(canvas, d):
    """[3][d] axes"""
    return [canvas.axes[i * d : (i + 1) * d] for i in range(3)]


def test_columns_are_dimensions_of_falling_variance(knowing, painted):
    canvas = painted(LatentResponses(10).draw(knowing(0 * X, 3 * X, SCALE, 0.1 * Y)))
    titles = [axes.get_title().split("\n") for axes in panels(canvas, 4)[0]]
    assert [name for name, _ in titles] == ["$z_{2}$", "$z_{3}$", "$z_{4}$", "$z_{1}$"]
    assert titles[0][1] == f"Var {float((3 * X).var(correction=0)):.2g}" and titles[3][1] == "Var 0"
    few = painted(LatentResponses(2).draw(knowing(0 * X, 3 * X, SCALE, 0.1 * Y)))
    assert [axes.get_title()[:7] for axes in panels(few, 2)[0]] == ["$z_{2}$", "$z_{3}$"]


def test_a_map_is_the_mean_at_each_position_and_lacks_what_no_row_has(knowing, painted):
    z = 100 * X + Y + SHAPE
    axes = panels(painted(LatentResponses(10).draw(knowing(z))), 1)[0][0]
    picture = np.ma.filled(axes.images[0].get_array(), np.nan)  # [y, x]
    assert picture.shape == (31, 25)
    want = np.full_like(picture, np.nan)
    for x, y in product(range(0, 32, 8), range(0, 32, 5)):
        want[y, x] = 100 * x + y + 1 - float(z.mean())
    np.testing.assert_allclose(picture, want, rtol=1e-4, atol=1e-2)


def test_curves_are_the_means_by_shape(knowing, painted):
    z = SCALE * (SHAPE + 1) + torch.cos(TURN) * (SHAPE == 2) + 0.2 * X
    canvas = painted(LatentResponses(10).draw(knowing(z)))
    for row, (factor, values) in enumerate(((SCALE, range(6)), (TURN, range(0, 40, 3))), 1):
        (axes,) = panels(canvas, 1)[row]
        for shape, curve in enumerate(axes.lines[1:]):
            assert curve.get_xdata().tolist() == list(values)
            want = [float(z[(shape == SHAPE) & (factor == value)].mean() - z.mean()) for value in values]
            np.testing.assert_allclose(curve.get_ydata(), want, atol=1e-4)
    legend = panels(canvas, 1)[1][0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["class 0", "class 1", "class 2"]


def test_all_panels_have_one_scale_and_hold_everything(knowing, painted):
    maps, *curves = panels(painted(LatentResponses(10).draw(knowing(5 * X, SCALE, 0.001 * Y, 0 * Y))), 4)
    top = float((5 * X - (5 * X).mean()).abs().max())
    assert all(axes.images[0].get_clim() == pytest.approx((-top, top)) for axes in maps)
    for axes in (axes for row in curves for axes in row):
        assert axes.get_ylim()[1] >= max(np.max(line.get_ydata()) for line in axes.lines)


@pytest.mark.parametrize("n", [1, 3, 40])
def test_few_rows_and_dead_codes_are_drawn(knowing, painted, n):
    some = torch.randperm(len(FACTORS), generator=torch.Generator().manual_seed(0))[:n]
    painted(LatentResponses(10).draw(knowing(X[some], 0 * X[some], factors=FACTORS[some])))
    painted(LatentResponses(10).draw(knowing(0 * X[some], factors=FACTORS[some])))


def test_none_without_the_factors(memory, view, knowing):
    assert LatentResponses(10).draw(view(memory())) is None
    assert LatentResponses(10).draw(knowing(X, names=("shape", "size", "turn", "x", "y"))) is None


def test_refuses():
    with pytest.raises(ValueError, match="dims must be at least 1, got 0"):
        LatentResponses(0)
