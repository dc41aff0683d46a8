"""Scoring a split: the same numbers for any batch size, every time, and training goes on as before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aelab import evaluation
from aelab.corruption.corruption import Corruption, Corruptions
from aelab.corruption.gaussian import Gaussian as Noise
from aelab.corruption.masking import Masking
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.evaluation import evaluate, losses, part_names, score, traces
from aelab.loss.l1 import L1
from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.metric.metric import Metric
from aelab.metric.reconstruction import Reconstruction
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.schedule import Linear
from aelab.system import System

N = 47
"""Rows of each split: one batch and a part of another where a batch has 32."""


class Memory(Dataset):
    """Vectors in [0, 1]; a training, a validation and a test split of N each."""

    def read(self) -> Rows:
        x = torch.rand(3 * N, 6, generator=torch.Generator().manual_seed(0))
        return Rows(x, torch.arange(3 * N) % 5, test=2 * N, val=N)

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return fixed(0, 1)


class Spread(Term):
    """A statistic of the whole batch."""

    def forward(self, z: Tensor) -> Tensor:
        return z.square().mean()  # []


class Seen(Metric):
    """The rows that were looked at, and what else it was given."""

    def reset(self) -> None:
        self.index, self.batches, self.named = [], [], []

    def update(self, index: Tensor, mask: Tensor | None = None, y: Tensor | None = None) -> None:  # type: ignore[override]
        self.index += index.tolist()
        self.batches.append(len(index))
        self.named.append((mask, y))

    def compute(self) -> dict[str, float]:
        return {"rows": float(len(self.index))}


def make(
    batch_size: int = 16,
    corruption: dict[str, Corruption] | None = None,
    terms: dict[str, Term] | None = None,
    dropout: float = 0.0,
    metrics: dict[str, Metric] | None = None,
    **settings: Any,
) -> System:
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Dropout(dropout), nn.Linear(5, 3)
    )
    model = Autoencoder(encoder, Deterministic(3), Normal(3), nn.Linear(3, 6))
    dataset = Memory(batch_size=batch_size, **settings).setup()
    objective = Objective(terms or {"mse": MSE()})
    return System(
        dataset,
        Corruptions(corruption or {}),
        model,
        objective,
        metrics or {"reconstruction": Reconstruction()},
    )


def by_hand(system: System, split: str) -> np.ndarray:
    """x − x̂ of the whole split at once, without corruption, in double precision."""
    system.eval()
    with torch.no_grad():
        x, _ = system.dataset.batch(system.dataset.splits[split])
        return (x - system.model.decode(system.model.encode(x)["z"])["x_hat"]).double().numpy()


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


def test_an_entry_goes_to_the_parameter_of_its_name_also_behind_one_that_nobody_gives() -> None:
    seen = Seen()
    system = make(metrics={"seen": seen})
    evaluate(system, "val")
    ((mask, y),) = seen.named
    assert mask is None and y.tolist() == (system.dataset.splits["val"] % 5).tolist()


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


def test_batches_and_splits_are_drawn_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "AT_LEAST", 1)
    system = make(16, corruption={"noise": Noise(0.5)})
    first, second = (
        [trace.x_tilde - trace.x for trace in traces(system, split)] for split in ("val", "test")
    )
    for other in (first[1], second[0]):
        assert (first[0] - other).abs().max() > 0.1


def test_in_use_what_is_not_always_there_is_left_out() -> None:
    system = make(corruption={"noise": Noise(0.5)})
    assert all(torch.equal(trace.x_tilde, trace.x) for trace in traces(system, "val", in_use=True))
    always = make(corruption={"noise": Noise(0.5, always=True)})
    assert not any(torch.equal(trace.x_tilde, trace.x) for trace in traces(always, "val", in_use=True))


def test_rows_go_where_the_model_is() -> None:
    """Without a GPU: to the device that only knows shapes."""
    system = make(corruption={"masking": Masking(0.5)}).to("meta")
    for trace in traces(system, "val"):
        assert {trace[name].device.type for name in ("x", "y", "x_tilde", "z", "x_hat")} == {"meta"}
    assert system.dataset.device == torch.device("meta")


def broken(system: System) -> None:
    """A metric that fails."""
    system.metrics["seen"] = Seen()
    system.metrics["seen"].compute = lambda: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        evaluate(system, "val")


def left(system: System) -> None:
    """Traces that nobody asks for any more."""
    steps = traces(system, "val")
    next(steps)
    assert not system.training
    steps.close()  # type: ignore[attr-defined]


def failing(system: System) -> None:
    """A net that fails."""
    with pytest.raises(KeyError):
        evaluate(system, "nowhere")
    system.model.decoder = nn.Linear(1, 1).train(system.training)
    with pytest.raises(RuntimeError):
        evaluate(system, "val")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("use", [lambda system: evaluate(system, "val"), broken, left, failing])
def test_the_mode_is_restored_whatever_happens(use: Callable[[System], None], training: bool) -> None:
    system = make().train(training)
    use(system)
    assert all(module.training == training for module in system.modules())


def test_nets_are_in_evaluation_mode_and_learn_nothing() -> None:
    system = make(dropout=0.5, terms={"mse": MSE(), "l1": L1()}).train()
    before = {name: value.clone() for name, value in system.state_dict().items()}
    error = by_hand(system, "val")
    scores = evaluate(system.train(), "val")
    assert scores["sse"] == pytest.approx((error**2).sum(1).mean(), rel=1e-5)  # nothing was dropped
    assert all(torch.equal(value, before[name]) for name, value in system.state_dict().items())
    assert all(p.grad is None for p in system.parameters())
    assert not any(trace.x_hat.requires_grad for trace in traces(system, "val"))


def test_schedules_stand_at_their_end() -> None:
    system = make(
        corruption={"noise": Noise(Linear(5.0, 0.0))}, terms={"mse": MSE(Linear(0.0, 4.0)), "l1": L1(0.0)}
    )
    system.clock.set(0.25)
    scores = evaluate(system, "val")
    assert scores["loss.mse"] == pytest.approx((by_hand(system, "val") ** 2).sum(1).mean(), rel=1e-5)
    assert scores["loss"] == pytest.approx(4 * scores["loss.mse"])


class Centre(Metric):
    """How far the codes' mean lies from that of the training rows."""

    def __init__(self, clean: bool, final: bool) -> None:
        self.clean, self.final = clean, final
        self.fits = 0

    def fit(self, z: Tensor, index: Tensor) -> None:  # type: ignore[override]
        self.centre, self.learnt, self.fits = z.mean(0), index.tolist(), self.fits + 1

    def reset(self) -> None:
        self.z = []

    def update(self, z: Tensor) -> None:  # type: ignore[override]
        self.z.append(z)

    def compute(self) -> dict[str, float]:
        return {"distance": (torch.cat(self.z).mean(0) - self.centre).norm().item()}


@pytest.mark.parametrize("clean", [True, False])
def test_a_metric_learns_once_from_every_training_row_as_it_sees_them(clean: bool) -> None:
    metric = Centre(clean, final=True)
    system = make(corruption={"noise": Noise(2.0)}, metrics={"centre": metric})
    scores = score(system, ["val", "test"])
    assert metric.fits == 1 and metric.learnt == system.dataset.splits["train"].tolist()
    z = {
        split: torch.cat([trace.z for trace in traces(system, split, in_use=clean)])
        for split in ("train", "val", "test")
    }
    for split in ("val", "test"):
        expected = (z[split].mean(0) - z["train"].mean(0)).norm().item()
        assert scores[f"{split}/distance"] == pytest.approx(expected, rel=1e-5)


def test_what_is_dear_is_left_out_of_validation() -> None:
    system = make(metrics={"centre": Centre(clean=False, final=True)})
    assert set(evaluate(system, "val")) == {"loss"}
    assert set(score(system, ["val"])) == {"val/loss", "val/distance"}


def test_clean_metrics_do_not_see_the_noise_that_losses_see() -> None:
    class Distance(Seen):
        clean = True

        def update(self, x: Tensor, x_tilde: Tensor) -> None:  # type: ignore[override]
            self.index.append((x - x_tilde).abs().max().item())

        def compute(self) -> dict[str, float]:
            return {"noise": max(self.index)}

    noisy = make(corruption={"noise": Noise(2.0)}, metrics={"distance": Distance()})
    scores = evaluate(noisy, "val")
    assert scores["noise"] == 0
    assert scores["loss"] > 1.05 * evaluate(make(), "val")["loss"]


def test_training_may_rebuild_the_dirty_input_where_validation_has_the_clean_one() -> None:
    system = make(corruption={"noise": Noise(0.5)})
    dirty = System(
        system.dataset, system.corruption, system.model, system.objective, {}, target="x_tilde"
    ).train()
    x, _ = system.dataset.batch(torch.arange(5))
    trace = dirty(x)
    assert torch.equal(trace.x, trace.x_tilde) and not torch.equal(trace.x, x)
    assert not any(torch.equal(trace.x, trace.x_tilde) for trace in traces(dirty, "val"))
