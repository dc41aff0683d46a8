"""The FactorVAE score: votes for the dimension that stays still."""

import numpy as np
import pytest
from metric.made_up_factors import factors, mixed, perfect, random, scored

from aelab.metric.factor_vae_score import FactorVAEScore, chunks
from aelab.metric.factors import Groups, standardised


def test_codes_that_are_the_factors_score_one() -> None:
    v = factors()
    assert scored(FactorVAEScore(32, 800, 400, 1e-4), perfect(v), v) == {"factor_vae_score": 1}


def test_where_two_dimensions_share_two_factors_the_vote_is_a_coin() -> None:
    v = factors(sizes=(8, 8, 8, 8))
    score = scored(FactorVAEScore(64, 2000, 2000, 0.0), mixed(v), v)["factor_vae_score"]
    assert score == pytest.approx(0.5, abs=0.06)


def test_random_codes_guess() -> None:
    v = factors()
    score = scored(FactorVAEScore(32, 2000, 2000, 0.0), random(v), v)["factor_vae_score"]
    assert score == pytest.approx(0.25, abs=0.06)


def test_all_votes_are_for_the_dimension_that_the_factor_does_not_move() -> None:
    v = factors(1000)
    groups = [Groups(column) for column in v.T.numpy()]
    metric = FactorVAEScore(16, 1, 1, 0.0)
    z = standardised(v.double().numpy(), 0)
    table = metric.votes(z, groups, 500, np.random.default_rng(0))
    assert table.sum() == 500 and np.count_nonzero(table) == 4
    assert (table.argmax(1) == np.arange(4)).all() and (np.diag(table) > 80).all()


def test_chunks_add_up() -> None:
    for n in (0, 1, 999, 5000):
        assert sum(chunks(n, 1 << 20)) == n and max(chunks(n, 1 << 20), default=0) <= 8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((1, 1, 1, 0.0), "batch must be at least 2, got 1"),
        ((2, 0, 1, 0.0), "train must be at least 1, got 0"),
        ((2, 1, 1, 1.0), r"dead must lie in \[0, 1\), got 1"),
    ],
)
def test_refuses(settings: tuple[int, int, int, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FactorVAEScore(*settings)
