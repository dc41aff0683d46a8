"""The curve is the loss term's own, and the units lie on it."""

import numpy as np
import pytest
import torch

from aelab.figure.kl_curve import KLCurve
from aelab.loss.kl_sparsity import KLSparsity
from aelab.loss.mse import MSE


@pytest.fixture
def sparse(memory, view):
    """(codes, terms) -> the View of a run with such codes."""

    def make(z, **terms):
        v = view(memory())
        v.codes, v.terms = lambda split: (z, None), terms
        return v

    return make


Z = torch.rand(50, 7, generator=torch.Generator().manual_seed(0)) ** torch.arange(1.0, 8)


def test_the_units_are_where_the_term_says(sparse, painted):
    term = KLSparsity(0.1, 1.0)
    above, below = painted(KLCurve(None).draw(sparse(Z, mse=MSE(), kl_sparsity=term))).axes
    marker, curve, units = above.lines
    np.testing.assert_allclose(units.get_xdata(), Z.mean(0))
    for mean, height in zip(units.get_xdata(), units.get_ydata(), strict=True):
        assert height == pytest.approx(float(term(torch.tensor([[float(mean)]]))), abs=1e-6)
    grid, heights = curve.get_data()
    assert grid[heights.argmin()] == pytest.approx(0.1, abs=1e-3) and heights.min() >= -1e-6
    assert list(marker.get_xdata()) == [0.1, 0.1]
    (label,) = (text.get_text() for text in above.get_legend().get_texts())
    assert label.startswith("7 units") and label.endswith(f"{float(term(Z)):.3g}")
    assert sum(bar.get_height() for bar in below.patches) == 7
    assert "ρ = 0.1" in above.texts[0].get_text().replace(r"$\rho$", "ρ")


def test_a_rho_that_is_given_stands(sparse, painted):
    for terms in ({"kl_sparsity": KLSparsity(0.1, 1.0)}, {}):
        canvas = painted(KLCurve(0.3).draw(sparse(Z, **terms)))
        assert list(canvas.axes[0].lines[0].get_xdata()) == [0.3, 0.3]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_units_that_are_never_or_always_active_are_drawn(sparse, painted, value):
    z = torch.cat([Z, torch.full((50, 1), value)], dim=1)
    above = painted(KLCurve(0.05).draw(sparse(z))).axes[0]
    heights = above.lines[2].get_ydata()
    assert np.isfinite(heights).all() and heights.max() <= above.get_ylim()[1]


def test_codes_beyond_0_and_1_have_no_such_divergence(sparse):
    for z in (Z - 0.5, 1 + Z):
        assert KLCurve(0.05).draw(sparse(z)) is None


def test_without_the_term_and_a_rho_there_is_nothing_to_compare(sparse):
    assert KLCurve(None).draw(sparse(Z, mse=MSE())) is None


def test_a_rho_that_is_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"rho must lie in \(0, 1\), got 1"):
        KLCurve(1)
