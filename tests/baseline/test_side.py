"""Beside a run: the same corrupted rows, fitted once, scored by what metrics can read."""

from typing import Any

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, system_of
from torch import Tensor

from aelab.baseline.baseline import Baseline, remarked, stride, training_rows
from aelab.baseline.pca import PCA
from aelab.baseline.side import Beside
from aelab.corruption.gaussian import Gaussian
from aelab.dataset.dataset import Dataset
from aelab.evaluation import traces
from aelab.metric.metric import Metric
from aelab.metric.reconstruction import Reconstruction

N = 3000
"""Rows, of which 600 test; evaluation goes by 1000."""


class Spy(Baseline):
    """Codes are the first two features; counts what it is asked."""

    def __init__(self, **settings: Any) -> None:
        self.fits, self.seen = 0, []
        vars(self).update(settings)

    def fit(self, dataset: Dataset, dim: int) -> None:
        self.fits += 1
        self.dim = dim

    def encode(self, x: np.ndarray) -> np.ndarray:
        self.seen.append(x)
        return x[:, :2]


class Reads(Metric):
    """Says which of two entries it was given."""

    def reset(self) -> None:
        self.rows = 0

    def update(self, z: Tensor, y: Tensor) -> None:  # type: ignore[override]
        self.rows += len(z)

    def compute(self) -> dict[str, float]:
        return {"rows": float(self.rows)}


class ReadsLogits(Reads):
    def update(self, logits: Tensor) -> None:  # type: ignore[override]
        raise AssertionError("nobody gives logits")


@pytest.fixture
def dataset() -> Dataset:
    x = torch.rand(N, 1, 3, 2, generator=torch.Generator().manual_seed(0))
    return Memory(x, y=torch.arange(N) % 7).setup()


def test_it_sees_the_corrupted_rows_that_the_run_sees(dataset: Dataset) -> None:
    system, spy = system_of(dataset, 3, noise=Gaussian(0.5)), Spy()
    for split in ("train", "test"):
        spy.seen.clear()
        ours, theirs = list(Beside(spy, system).traces(split)), list(traces(system, split))
        for own, other, x in zip(ours, theirs, spy.seen, strict=True):
            assert torch.equal(own.x_tilde, other.x_tilde) and not torch.equal(own.x_tilde, own.x)
            np.testing.assert_array_equal(x, other.x_tilde.flatten(1))
            np.testing.assert_array_equal(own.z, x[:, :2])


def test_codes_are_of_the_clean_rows_with_their_labels(dataset: Dataset) -> None:
    system = system_of(dataset, 3, noise=Gaussian(0.5))
    z, y = Beside(Spy(), system).side().codes("test")
    rows = dataset.splits["test"]
    assert dataset.rows.y is not None and y is not None
    assert torch.equal(z, dataset.rows.x[rows].flatten(1)[:, :2]) and torch.equal(y, dataset.rows.y[rows])


def test_without_labels_there_are_none(dataset: Dataset) -> None:
    system = system_of(Memory(dataset.rows.x).setup(), 3)
    assert Beside(Spy(), system).side().codes("test")[1] is None


@pytest.mark.parametrize("most", [7, 100, 599, 600, 10_000])
def test_a_map_places_evenly_thinned_rows_all_at_once(dataset: Dataset, most: int) -> None:
    spy = Spy(scored=False, most=most)
    for split in ("test", "train"):  # train: over several batches
        rows = dataset.splits[split]
        spy.seen.clear()
        z, y = Beside(spy, system_of(dataset, 3)).side().codes(split)
        kept = rows[:: -(-len(rows) // most)] if most < len(rows) else rows
        assert (len(spy.seen) == 1 and most / 2 < len(kept) <= most) or len(kept) == len(rows)
        assert dataset.rows.y is not None and y is not None
        assert torch.equal(z, dataset.rows.x[kept].flatten(1)[:, :2])
        assert torch.equal(y, dataset.rows.y[kept])


def test_a_map_is_made_once_and_neither_scored_nor_traced(dataset: Dataset) -> None:
    spy = Spy(scored=False, most=50)
    beside = Beside(spy, system_of(dataset, 3, {"reconstruction": Reconstruction(), "reads": Reads()}))
    assert beside.scores(["test"]) == {} and not spy.fits
    side = beside.side()
    assert "z" not in side.trace("test", 4) and not spy.seen
    assert side.codes("test")[0] is side.codes("test")[0] and len(spy.seen) == 1


def test_it_is_fitted_once_and_for_the_run_s_dim(dataset: Dataset) -> None:
    spy = Spy()
    beside = Beside(spy, system_of(dataset, 3, {"reads": Reads()}))
    assert not spy.fits
    beside.scores(["val", "test"])
    side = beside.side()
    side.trace("test", 4)
    side.codes("test")
    assert (spy.fits, spy.dim) == (1, 3)


def test_metrics_that_need_what_it_has_not_are_left_out(dataset: Dataset) -> None:
    metrics = {"reconstruction": Reconstruction(), "reads": Reads(), "logits": ReadsLogits()}
    system = system_of(dataset, 2, metrics)
    assert Beside(Spy(), system).scores(["test"]) == {"test/rows": len(dataset.splits["test"])}
    rebuilds = Beside(PCA(2.0), system).scores(["test"])
    assert set(rebuilds) == {"test/rows", "test/mse", "test/sse"}


def test_scores_are_of_the_corrupted_rows_against_the_clean(dataset: Dataset) -> None:
    system = system_of(dataset, 2, {"reconstruction": Reconstruction()}, noise=Gaussian(0.5))
    found = Beside(pca := PCA(2.0), system).scores(["test"])
    (trace,) = traces(system, "test")
    x_hat = pca.decode(pca.encode(trace.x_tilde.flatten(1).numpy()))
    error = (x_hat - trace.x.flatten(1).numpy()) ** 2
    assert found == pytest.approx({"test/mse": error.mean(), "test/sse": error.sum(1).mean()}, rel=1e-5)


def test_a_trace_is_of_the_first_rows_in_the_shape_of_the_data(dataset: Dataset) -> None:
    trace = Beside(PCA(2.0), system_of(dataset, 2)).side().trace("test", 5)
    assert torch.equal(trace.x, dataset.rows.x[dataset.splits["test"][:5]])
    assert trace.x_hat.shape == trace.x.shape and trace.z.shape == (5, 2)


def test_training_rows_are_thinned_to_at_most_so_many(dataset: Dataset) -> None:
    train = dataset.splits["train"]
    for most in (1, 7, len(train) - 1, len(train), 10 * len(train), None):
        x, y = training_rows(dataset, most)
        step = stride(len(train), most)
        assert y is not None and len(x) == len(y) <= (most or len(train))
        np.testing.assert_array_equal(x, dataset.rows.x[train[::step]].flatten(1))


def test_a_remark_replaces_warnings_of_its_kind_only(caplog: pytest.LogCaptureFixture) -> None:
    import warnings

    with remarked(RuntimeWarning, "raise it"):
        warnings.warn("one", RuntimeWarning, stacklevel=1)
        warnings.warn("two", RuntimeWarning, stacklevel=1)
    assert [record.getMessage() for record in caplog.records] == ["raise it"]
    with pytest.warns(UserWarning, match="other"), remarked(RuntimeWarning, "raise it"):
        warnings.warn("other", UserWarning, stacklevel=1)
    assert len(caplog.records) == 1
