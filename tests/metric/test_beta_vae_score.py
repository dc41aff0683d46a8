"""The β-VAE score: which factor do two images share?"""

import numpy as np
import pytest
from metric.made_up_factors import factors, mixed, perfect, random, scored

from aelab.metric.beta_vae_score import BetaVAEScore
from aelab.metric.factors import Groups


def test_codes_that_are_the_factors_score_one() -> None:
    v = factors()
    assert scored(BetaVAEScore(32, 1000, 500, 1000), perfect(v), v)["beta_vae_score"] > 0.99


def test_two_factors_in_the_same_two_dimensions_look_alike() -> None:
    """|a + b| and |a − b| are as large where a is shared as where b is."""
    v = factors(sizes=(8, 8, 8, 8))
    score = scored(BetaVAEScore(64, 2000, 2000, 1000), mixed(v), v)["beta_vae_score"]
    assert score == pytest.approx(0.5, abs=0.06)


def test_random_codes_guess() -> None:
    v = factors()
    score = scored(BetaVAEScore(32, 2000, 2000, 1000), random(v), v)["beta_vae_score"]
    assert score == pytest.approx(0.25, abs=0.06)


def test_differences_vanish_where_the_factor_is_shared_and_are_closed_form_elsewhere() -> None:
    """E|v − v'| of two draws from 0..m−1 is (m² − 1)/3m."""
    v = factors(4000)
    groups = [Groups(column) for column in v.T.numpy()]
    z = v.double().numpy()
    x, k = BetaVAEScore(64, 1, 1, 1).averages(z, groups, 400, np.random.default_rng(0))
    assert x.shape == (400, 4) and np.abs(np.bincount(k) - 100).max() < 40
    expected = np.array([(m**2 - 1) / (3 * m) for m in (3, 4, 8, 8)])
    for shared in range(4):
        found = x[k == shared].mean(0)
        assert found[shared] == 0
        others = np.arange(4) != shared
        np.testing.assert_allclose(found[others], expected[others], rtol=0.05)


def test_refuses() -> None:
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        BetaVAEScore(0, 1, 1, 1)
