"""The system: which entries a Trace has, what is trained and saved, and what is corrupted when."""

import pytest
import torch
from torch import Tensor, nn

from aelab.corruption.block import Block
from aelab.corruption.corruption import Corruption, Corruptions
from aelab.corruption.gaussian import Gaussian as Noise
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.loss.gaussian import Gaussian
from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.metric.metric import Metric
from aelab.metric.reconstruction import Reconstruction
from aelab.model.autoencoder import Autoencoder
from aelab.model.identity import identity
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.schedule import Linear
from aelab.system import System, gives


class Memory(Dataset):
    """Forty images of mixed greys, with labels or without."""

    def __init__(self, labelled: bool = True) -> None:
        super().__init__()
        self.labelled = labelled

    def read(self) -> Rows:
        x = torch.arange(1200).view(40, 1, 6, 5).mul(89).remainder(256).byte()
        return Rows(x, torch.arange(40) % 4 if self.labelled else None)


class Half(Corruption):
    """x/2"""

    def forward(self, x: Tensor) -> Tensor:
        return x / 2


def linear(maps: int = 1) -> Autoencoder:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(30, 3))
    decoder = nn.Sequential(nn.Linear(3, 30 * maps), nn.Unflatten(1, (maps, 6, 5)))
    return Autoencoder(encoder, Deterministic(3), Normal(3), decoder, maps=maps)


def system(labelled: bool = True, model: Autoencoder | None = None, **parts: Corruption) -> System:
    dataset = Memory(labelled).setup()
    return System(dataset, Corruptions(parts), model or linear(), Objective({"mse": MSE()}), {})


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("parts", [{}, {"noise": Noise(0.1)}, {"block": Block(0.5), "noise": Noise(0.1)}])
@pytest.mark.parametrize("maps", [1, 2])
def test_a_trace_has_the_entries_that_were_announced(labelled: bool, parts: dict, maps: int) -> None:
    tested = system(labelled, linear(maps), **parts)
    rows = tested.dataset.splits["train"][:7]
    x, y = tested.dataset.batch(rows)
    trace = tested(x, y, rows)
    announced = gives(tested.dataset, tested.corruption, tested.model, tested.objective)
    assert set(trace) == set(announced) and len(announced) == len(set(announced))
    assert torch.equal(trace.x, x) and torch.equal(trace.index, rows) and ("y" in trace) == labelled
    assert torch.equal(trace.x_tilde, x) == (parts == {})


def test_without_labels_and_rows_a_trace_has_none() -> None:
    trace = system()(torch.rand(2, 1, 6, 5))
    assert "y" not in trace and "index" not in trace
    with pytest.raises(AttributeError, match="the Trace has no 'y'; it has x, x_tilde, h, z"):
        _ = trace.y


def test_data_flows_through_corruption_encoder_and_decoder() -> None:
    tested = system(halve=Half(1))
    x = torch.rand(4, 1, 6, 5)
    encoder, decoder = tested.model.encoder[1], tested.model.decoder[0]  # type: ignore[index]
    z = (x / 2).flatten(1) @ encoder.weight.t() + encoder.bias
    x_hat = (z @ decoder.weight.t() + decoder.bias).view_as(x)
    trace = tested(x)
    torch.testing.assert_close(trace.z, z)
    torch.testing.assert_close(trace.x_hat, x_hat)
    _, (mse,) = tested.objective(trace)
    assert mse.item() == pytest.approx((x_hat - x).square().sum().item() / 4, rel=1e-5)  # of the clean x


@pytest.mark.parametrize("maps", [1, 2])
def test_a_code_is_decoded_where_somebody_reads_what_comes_of_it(maps: int) -> None:
    tested, x = system(model=linear(maps)), torch.rand(2, 1, 6, 5)
    whole = tested(x)
    for name in tested.model.rebuilt:
        torch.testing.assert_close(tested(x, reads={"index", name})[name], whole[name], rtol=0, atol=0)
    part = tested(x, reads={"z", "decode"})
    assert set(part) == set(whole) - set(tested.model.rebuilt)
    assert torch.equal(part.z, whole.z) and torch.equal(part.decode(part.z)["x_hat"], whole.x_hat)


@pytest.mark.parametrize(("always", "in_use", "halved"), [(0, 0, 1), (0, 1, 0), (1, 0, 1), (1, 1, 1)])
def test_in_use_only_what_is_always_there_corrupts(always: int, in_use: int, halved: int) -> None:
    x = torch.rand(4, 1, 6, 5)
    trace = system(halve=Half(1, always=bool(always)))(x, in_use=bool(in_use))
    assert torch.equal(trace.x_tilde, x / 2 if halved else x) and torch.equal(trace.x, x)


def test_the_model_and_the_objective_are_trained_and_saved_and_nothing_else() -> None:
    objective = Objective({"gaussian": Gaussian("learned", 1.0, "all", 1e-30), "mse": MSE()})
    metrics: dict[str, Metric] = {"reconstruction": Reconstruction()}
    tested = System(Memory().setup(), Corruptions({"noise": Noise(0.1)}), linear(), objective, metrics)
    names = [f"model.{name}" for name in linear().state_dict()] + ["objective.terms.gaussian.logvar"]
    assert list(tested.state_dict()) == names == [name for name, _ in tested.named_parameters()]


def test_its_clock_reaches_every_part() -> None:
    objective = Objective({"mse": MSE(Linear(0, 10))})
    tested = System(Memory().setup(), Corruptions({"noise": Noise(Linear(1, 0))}), linear(), objective, {})
    x = torch.rand(4, 1, 6, 5)
    for progress, weight, noisy in ((0.0, 0, True), (0.5, 5, True), (1.0, 10, False)):
        tested.clock.set(progress)
        trace = tested(x)
        total, (part,) = tested.objective(trace)
        assert total.item() == pytest.approx(weight * part.item(), rel=1e-5)
        assert torch.equal(trace.x_tilde, x) != noisy


def test_its_device_is_its_parameters_or_the_cpu_without_any() -> None:
    assert system().device == torch.device("cpu")
    shape = (1, 6, 5)
    assert system(model=identity(shape, shape, 1, "identity")).device == torch.device("cpu")
    assert system(model=linear().to("meta")).device == torch.device("meta")


def test_factors_are_looked_up_by_the_rows_numbers_where_the_data_knows_them() -> None:
    tested = system()
    factors = torch.arange(80).view(40, 2)
    tested.dataset.rows.factors = factors
    rows = torch.tensor([3, 39, 0])
    x, y = tested.dataset.batch(rows)
    trace = tested(x, y, rows)
    assert torch.equal(trace.factors, factors[rows])
    announced = gives(tested.dataset, tested.corruption, tested.model, tested.objective)
    assert "factors" in announced and "factors" not in gives_without(tested)
    assert "factors" not in tested(x, y)  # a user's own images come without numbers


def gives_without(tested: System) -> tuple[str, ...]:
    tested.dataset.rows.factors = None
    return gives(tested.dataset, tested.corruption, tested.model, tested.objective)


class Supervised(Term):
    """The code's error against the factors."""

    def forward(self, z: Tensor, factors: Tensor) -> Tensor:
        return (z[:, :2] - factors).square().sum(1)


def test_a_term_that_reads_factors_gets_them_in_training() -> None:
    dataset = Memory().setup()
    dataset.rows.factors = torch.arange(80).view(40, 2)
    tested = System(dataset, Corruptions({}), linear(), Objective({"own": Supervised()}), {})
    assert "index" in tested.reads and "index" not in system().reads
