"""The objective: weights times means, terms of one's own, and the run's one likelihood."""

import pytest
import torch
from torch import Tensor

from aelab.loss.bce import BCE
from aelab.loss.gaussian import Gaussian
from aelab.loss.l1 import L1
from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.objective import Objective
from aelab.schedule import Clock, Linear
from aelab.trace import Trace


class Distance(Term):
    """A user's own: how far the code is from a centre, which may be given."""

    def forward(self, z: Tensor, centre: Tensor | None = None) -> Tensor:
        return (z if centre is None else z - centre).square().sum(1)  # [b]


class Weighted(Term):
    """A user's own with two optional entries."""

    def forward(self, z: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
        scaled = z if scale is None else scale * z
        return (scaled if shift is None else scaled + shift).sum(1)  # [b]


class Spread(Term):
    """A user's own statistic of the whole batch."""

    def forward(self, z: Tensor) -> Tensor:
        return z.var(0).sum()  # []


@pytest.fixture
def trace() -> Trace:
    generator = torch.Generator().manual_seed(0)
    x, logits = torch.rand(5, 1, 3, 4, generator=generator), torch.randn(5, 1, 3, 4, generator=generator)
    z, centre = torch.randn(5, 2, generator=generator), torch.randn(2, generator=generator)
    return Trace(x=x, x_logits=logits, x_hat=torch.sigmoid(logits), z=z, centre=centre)


def test_is_the_sum_of_weights_times_means(trace: Trace) -> None:
    objective = Objective({"mse": MSE(0.5), "l1": L1(), "bce": BCE(3), "off": L1(0)}).bind(trace)
    total, parts = objective(trace)
    mse = (trace.x - trace.x_hat).square().sum().item() / 5
    l1 = (trace.x - trace.x_hat).abs().sum().item() / 5
    p = trace.x_hat.double()
    bce = -(trace.x * p.log() + (1 - trace.x) * (1 - p).log()).sum().item() / 5
    assert [part.item() for part in parts] == pytest.approx([mse, l1, bce, l1], rel=1e-5)
    assert total.item() == pytest.approx(0.5 * mse + l1 + 3 * bce, rel=1e-5)
    assert total.ndim == 0 and all(part.ndim == 0 for part in parts)


def test_averages_over_the_batch_so_that_a_repeated_batch_costs_the_same(trace: Trace) -> None:
    objective = Objective({"mse": MSE(), "bce": BCE()}).bind(trace)
    twice = Trace({name: torch.cat([value, value]) for name, value in trace.items() if name != "centre"})
    torch.testing.assert_close(objective(twice), objective(trace))


def test_a_statistic_of_the_batch_is_taken_as_it_is(trace: Trace) -> None:
    total, (part,) = Objective({"spread": Spread(2.0)}).bind(trace)(trace)
    assert part.item() == pytest.approx(trace.z.numpy().var(0, ddof=1).sum(), rel=1e-5)
    assert total.item() == pytest.approx(2 * part.item())


def test_gradients_carry_the_weights(trace: Trace) -> None:
    trace["x_hat"].requires_grad_()
    total, _ = Objective({"mse": MSE(0.25)}).bind(trace)(trace)
    (gradient,) = torch.autograd.grad(total, trace["x_hat"])
    torch.testing.assert_close(gradient, 0.25 * 2 * (trace.x_hat - trace.x).detach() / 5)


def test_an_optional_entry_is_read_where_somebody_gives_it(trace: Trace) -> None:
    with_centre, _ = Objective({"distance": Distance()}).bind(("z", "centre"))(trace)
    without, _ = Objective({"distance": Distance()}).bind(("x", "z"))(trace)
    assert with_centre.item() == pytest.approx((trace.z - trace.centre).square().sum().item() / 5, rel=1e-5)
    assert without.item() == pytest.approx(trace.z.square().sum().item() / 5, rel=1e-5)


def test_an_entry_goes_to_the_parameter_of_its_name_also_behind_one_that_nobody_gives() -> None:
    trace = Trace(z=torch.tensor([[1.0, 2.0], [3.0, 4.0]]), shift=torch.tensor([10.0, 20.0]))
    total, _ = Objective({"weighted": Weighted()}).bind(trace)(trace)
    assert total.item() == (11 + 22 + 13 + 24) / 2


def test_a_schedule_moves_the_total_but_not_the_part(trace: Trace) -> None:
    objective = Objective({"mse": MSE(Linear(0.0, 2.0))}).bind(trace)
    clock = Clock(objective)
    for progress, weight in ((0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 2.0)):
        clock.set(progress)
        total, (part,) = objective(trace)
        assert total.item() == pytest.approx(weight * part.item()) and part.item() > 0


def test_a_term_may_be_called_anything(trace: Trace) -> None:
    """Also what PyTorch's modules have a method of that name for."""
    total, parts = Objective({"half": MSE(0.5), "items": L1(), "type": L1()}).bind(trace)(trace)
    assert total.item() == pytest.approx((0.5 * parts[0] + parts[1] + parts[2]).item())


def test_the_likelihood_is_the_only_one_there_is() -> None:
    bce, gaussian = BCE(), Gaussian("per_pixel", 1.0, "all", 1e-30)
    alone = Objective({"mse": MSE(), "bce": bce})
    assert alone.likelihood is bce and alone.link == "sigmoid" and alone.maps == 1
    two_maps = Objective({"gaussian": gaussian, "l1": L1()})
    assert two_maps.likelihood is gaussian and two_maps.link == "identity" and two_maps.maps == 2
    none = Objective({"mse": MSE(), "distance": Distance()})
    assert none.likelihood is None and none.link == "identity" and none.maps == 1
    several = Objective({"bce": bce, "gaussian": gaussian})
    assert several.likelihood is None and several.link == "identity" and several.maps == 2


def test_learned_parts_of_terms_are_the_objectives_parameters() -> None:
    objective = Objective({"mse": MSE(), "gaussian": Gaussian("learned", 1.0, "all", 1e-30)})
    assert list(objective.state_dict()) == ["terms.gaussian.logvar"]
    assert [p.shape for p in objective.parameters()] == [torch.Size([])]
