"""Scoring a split: the same numbers for any batch size, and every time."""

from typing import Any

import numpy as np
import pytest
import torch
from small_system import N, Seen, by_hand, make
from torch import Tensor

from aelab import evaluation
from aelab.corruption.gaussian import Gaussian as Noise
from aelab.corruption.masking import Masking
from aelab.evaluation import evaluate, losses, part_names, shuffled, traces, whole
from aelab.loss.l1 import L1
from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.metric.reconstruction import Reconstruction


class Spread(Term):
    """A statistic of the whole batch."""

    def forward(self, z: Tensor) -> Tensor:
        return z.square().mean()  # []


@pytest.fixture(params=[1, 16, N, 1000])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """A batch size that is the evaluation's own."""
    monkeypatch.setattr(evaluation, "AT_LEAST", 1)
    return request.param


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_scores_are_means_over_samples_for_any_batch_size(size: int, split: str) -> None:
    system = make(size, terms={"mse": MSE(0.5), "l1": L1(2.0)})
    error = by_hand(system, split)
    sse, l1 = (error**2).sum(1).mean(), np.abs(error).sum(1).mean()
    expected = {
        "loss": 0.5 * sse + 2 * l1,
        "loss.mse": sse,
        "loss.l1": l1,
        "sse": sse,
        "mse": (error**2).mean(),
    }
    assert evaluate(system, split) == pytest.approx(expected, rel=1e-5)


def test_one_term_is_the_loss() -> None:
    system = make(terms={"mse": MSE(3.0)})
    assert part_names(system) == ["loss"] and set(evaluate(system, "val")) == {"loss", "mse", "sse"}
    assert evaluate(system, "val")["loss"] == pytest.approx(
        3 * (by_hand(system, "val") ** 2).sum(1).mean(), rel=1e-5
    )
    several = make(terms={"mse": MSE(), "spread": Spread()})
    assert part_names(several) == ["loss", "loss.mse", "loss.spread"]
    assert set(losses(several, next(traces(several, "val")))) == set(part_names(several))


def test_a_statistic_of_the_batch_is_weighted_by_its_rows(size: int) -> None:
    """This one is itself a mean over rows, so that it cannot depend on the batch either."""
    system = make(size, terms={"spread": Spread()})
    z = torch.cat([trace.z for trace in traces(system, "test")])
    assert evaluate(system, "test")["loss"] == pytest.approx(z.double().square().mean().item(), rel=1e-5)


def test_every_row_is_seen_once_and_in_order(size: int) -> None:
    seen = Seen()
    system = make(size, metrics={"seen": seen})
    assert evaluate(system, "val")["rows"] == N
    assert seen.index == system.dataset.splits["val"].tolist()
    assert all(b == min(size, N) for b in seen.batches[:-1]) and seen.batches[-1] == (N - 1) % size + 1
    evaluate(system, "test")
    assert seen.index == system.dataset.splits["test"].tolist()  # the first split is forgotten


def test_small_training_batches_do_not_make_evaluation_slow() -> None:
    seen = Seen()
    evaluate(make(2, metrics={"seen": seen}), "val")
    assert seen.batches == [N]


@pytest.mark.parametrize("limit", [1, 20, N, 500])
def test_a_limit_takes_the_first_rows(limit: int, size: int) -> None:
    seen = Seen()
    system = make(size, metrics={"seen": seen, "reconstruction": Reconstruction()})
    error = by_hand(system, "val")[:limit]
    assert evaluate(system, "val", limit)["mse"] == pytest.approx((error**2).mean(), rel=1e-5)
    assert seen.index == system.dataset.splits["val"][:limit].tolist()


NOISY = [
    {"corruption": {"noise": Noise(0.5), "masking": Masking(0.5)}},
    {"binarize": "dynamic"},
]


@pytest.mark.parametrize("settings", NOISY, ids=["corruption", "binarize"])
def test_what_is_drawn_is_the_same_every_time(settings: dict[str, Any], size: int) -> None:
    system = make(size, **settings)
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        system.train()
        drawn.append([(trace.x, trace.x_tilde) for trace in traces(system, "val")])
        torch.rand(seed)
    for (x, x_tilde), (again, again_tilde) in zip(*drawn, strict=True):
        assert torch.equal(x, again) and torch.equal(x_tilde, again_tilde)
    assert evaluate(system, "val") == evaluate(system, "val")
    clean = system.dataset.gather(system.dataset.splits["val"])[0]
    assert not torch.equal(torch.cat([x_tilde for _, x_tilde in drawn[0]]), clean)  # something was drawn


@pytest.mark.parametrize(
    "settings", [{}, {"binarize": "dynamic"}, {"corruption": {"always": Masking(0.5, always=True)}}]
)
def test_codes_come_shuffled_and_a_few_at_a_time(settings: dict[str, Any]) -> None:
    system = make(dropout=0.5, **settings).train()
    ordered, codes = whole(system, "train", "z")["z"], shuffled(system, 10, seed=0)
    first, again, other = ([*codes(epoch)] for epoch in (0, 0, 1))
    assert [len(z) for z in first] == [10, 10, 10, 10, 7]
    assert torch.equal(torch.cat(first), torch.cat(again)) and not torch.equal(
        *map(torch.cat, (first, other))
    )
    assert not torch.equal(torch.cat(first), torch.cat([*shuffled(system, 10, seed=1)(0)]))
    if not settings:  # nothing is drawn but the order
        for epoch in (first, other):
            torch.testing.assert_close(*(z.sort(dim=0).values for z in (torch.cat(epoch), ordered)))
    assert system.training and not first[0].requires_grad


def test_batches_and_splits_are_drawn_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "AT_LEAST", 1)
    system = make(16, corruption={"noise": Noise(0.5)})
    first, second = (
        [trace.x_tilde - trace.x for trace in traces(system, split)] for split in ("val", "test")
    )
    for other in (first[1], second[0]):
        assert (first[0] - other).abs().max() > 0.1
