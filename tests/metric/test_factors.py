"""What the metrics of disentanglement share: groups, parts, gaps; and what none of them trips over."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from metric.made_up_factors import factors, perfect, random, scored
from omegaconf import DictConfig, OmegaConf

from aelab.metric.factors import FactorMetric, Groups, gap, parts, standardised

FOLDER = Path(__file__).parents[2] / "conf" / "metric"
NAMES = ["mig", "sap", "dci", "factor_vae_score", "beta_vae_score"]


def small(name: str) -> FactorMetric:
    config = OmegaConf.load(FOLDER / f"{name}.yaml")
    assert isinstance(config, DictConfig)
    for key, value in {"train": 300, "test": 200, "trees": 3}.items():
        if key in config[name]:
            config[name][key] = value
    return instantiate(config)[name]


def test_pairs_and_batches_share_a_value_and_pairs_are_of_two_rows() -> None:
    v = np.array([5, 0, 2, 0, 2, 0, 3])  # 3 and 5 occur once
    groups, random = Groups(v), np.random.default_rng(0)
    one, other = groups.pairs(3000, random)
    assert (v[one] == v[other]).all() and (one != other).all()
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {
        *((a, b) for a in (1, 3, 5) for b in (1, 3, 5) if a != b),
        *((2, 4), (4, 2)),
    }
    assert np.mean(v[one] == 0) == pytest.approx(0.5, abs=0.05)  # the value first, then the rows
    batches = groups.batches(200, 5, random)
    assert batches.shape == (200, 5) and (v[batches] == v[batches[:, :1]]).all()
    assert not Groups(np.arange(4))


def test_parts_do_not_meet_and_keep_their_proportion() -> None:
    for n, sizes in ((100, (20, 10)), (15, (10, 5)), (2, (1, 1))):
        train, test = parts(n, 20, 10, np.random.default_rng(0))
        assert (len(train), len(test)) == sizes and not set(train) & set(test)


def test_gap_is_best_less_next_and_a_lone_dimension_has_none_beside_it() -> None:
    scores = np.array([[0.1, 0.9], [0.7, 0.9], [0.3, 0.2]])
    assert gap(scores) == pytest.approx((0.7 - 0.3 + 0.0) / 2)
    assert gap(scores[:1]) == pytest.approx(0.5)


def test_standardised_leaves_out_the_dead() -> None:
    z = np.random.default_rng(0).normal(size=(500, 4)) * [10, 1, 1e-3, 0] + 3
    kept = standardised(z, 1e-6)
    assert kept.shape == (500, 2) and np.allclose(kept.std(0), 1) and np.allclose(kept.mean(0), 0)
    assert standardised(z, 0).shape == (500, 3) and standardised(0 * z, 0).shape == (500, 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_batches_do_not_matter_and_twice_is_the_same(name: str) -> None:
    v = factors(400)
    z, metric = perfect(v), small(name)
    first = scored(metric, z, v)
    assert first and all(np.isfinite(list(first.values()))) and first == scored(metric, z, v, size=7)
    assert metric.clean and metric.final


@pytest.mark.parametrize("name", NAMES)
def test_dead_codes_few_rows_and_constant_factors_are_fine(name: str) -> None:
    v, metric = factors(400), small(name)
    for z in (torch.zeros(400, 5), torch.full((400, 1), 0.1), random(v, 1)):
        values = scored(metric, z, v).values()
        assert all(0 <= value <= 1 for value in values) and min(values) < 0.4
    for n in (1, 2, 5, 20):
        few = factors(n, sizes=(3, 6, 40, 32))
        assert all(0 <= value <= 1 for value in scored(metric, perfect(few), few).values())
    still = torch.cat([v, torch.full((400, 1), 6)], dim=1)
    assert scored(metric, random(v), still) == scored(metric, random(v), v)
    assert scored(metric, random(v), still[:, 3:]) == {}  # one factor is left
    metric.reset()
    assert metric.compute() == {}


@pytest.mark.parametrize("name", NAMES)
def test_values_may_have_gaps(name: str) -> None:
    v = factors(400)
    assert scored(small(name), perfect(v), v * 5 + 2) == scored(small(name), perfect(v), v)
