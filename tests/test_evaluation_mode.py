"""Evaluation mode: nothing is dropped or learnt, schedules have ended, and training goes on as before."""

from collections.abc import Callable

import pytest
import torch
from small_system import Seen, by_hand, make
from torch import nn

from aelab.corruption.gaussian import Gaussian as Noise
from aelab.corruption.masking import Masking
from aelab.evaluation import evaluate, traces
from aelab.loss.l1 import L1
from aelab.loss.mse import MSE
from aelab.schedule import Linear
from aelab.system import System


def test_nets_are_in_evaluation_mode_and_learn_nothing() -> None:
    system = make(dropout=0.5, terms={"mse": MSE(), "l1": L1()}).train()
    before = {name: value.clone() for name, value in system.state_dict().items()}
    error = by_hand(system, "val")
    scores = evaluate(system.train(), "val")
    assert scores["sse"] == pytest.approx((error**2).sum(1).mean(), rel=1e-5)  # nothing was dropped
    assert all(torch.equal(value, before[name]) for name, value in system.state_dict().items())
    assert all(p.grad is None for p in system.parameters())
    assert not any(trace.x_hat.requires_grad for trace in traces(system, "val"))


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


def test_schedules_stand_at_their_end() -> None:
    system = make(
        corruption={"noise": Noise(Linear(5.0, 0.0))}, terms={"mse": MSE(Linear(0.0, 4.0)), "l1": L1(0.0)}
    )
    system.clock.set(0.25)
    scores = evaluate(system, "val")
    assert scores["loss.mse"] == pytest.approx((by_hand(system, "val") ** 2).sum(1).mean(), rel=1e-5)
    assert scores["loss"] == pytest.approx(4 * scores["loss.mse"])


def test_in_use_what_is_not_always_there_is_left_out() -> None:
    system = make(corruption={"noise": Noise(0.5)})
    assert all(torch.equal(trace.x_tilde, trace.x) for trace in traces(system, "val", in_use=True))
    always = make(corruption={"noise": Noise(0.5, always=True)})
    assert not any(torch.equal(trace.x_tilde, trace.x) for trace in traces(always, "val", in_use=True))


def test_training_may_rebuild_the_dirty_input_where_validation_has_the_clean_one() -> None:
    system = make(corruption={"noise": Noise(0.5)})
    dirty = System(
        system.dataset, system.corruption, system.model, system.objective, {}, target="x_tilde"
    ).train()
    x, _ = system.dataset.batch(torch.arange(5))
    trace = dirty(x)
    assert torch.equal(trace.x, trace.x_tilde) and not torch.equal(trace.x, x)
    assert not any(torch.equal(trace.x, trace.x_tilde) for trace in traces(dirty, "val"))


def test_rows_go_where_the_model_is() -> None:
    """Without a GPU: to the device that only knows shapes."""
    system = make(corruption={"masking": Masking(0.5)}).to("meta")
    for trace in traces(system, "val"):
        assert {trace[name].device.type for name in ("x", "y", "x_tilde", "z", "x_hat")} == {"meta"}
    assert system.dataset.device == torch.device("meta")
