"""Methods of restoration beside a run: their strength is the best of some, for rows and for whole photos."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from baseline.made_up import Memory
from baseline.made_up import system_of as untrained
from torch import Tensor, nn
from whole_photos import photos, system_of, write

from aelab.baseline.baseline import Baseline
from aelab.baseline.nl_means import NLMeans
from aelab.baseline.pca import PCA
from aelab.baseline.restoring import Restoring
from aelab.baseline.side import Beside
from aelab.baseline.total_variation import TotalVariation
from aelab.corruption.downsample import Downsample
from aelab.corruption.gaussian import Gaussian
from aelab.dataset.dataset import Dataset
from aelab.evaluation import photos as traces
from aelab.metric.photos import Photos
from aelab.metric.reconstruction import Reconstruction

Make = Callable[[float | None], Restoring]
BOTH = [lambda strength: NLMeans(strength, 3, 4), TotalVariation]


class Shrunk(Restoring):
    """x̂ = (1 − k) x̃, whose best k is known."""

    ks = np.linspace(0.05, 0.95, 19)

    def denoised(self, x_tilde: np.ndarray, strength: float) -> np.ndarray:
        return (1 - strength / self.sigma) * x_tilde


def test_the_strength_is_the_best_of_some() -> None:
    """Of E(x)² = 3 and noise of variance 1, the linear estimate keeps 3/4."""
    generator = np.random.default_rng(0)
    x = np.sqrt(3) * generator.standard_normal((10, 1, 30, 30))
    pairs = [(one, one + generator.standard_normal(one.shape)) for one in x]
    shrunk = Shrunk(None)
    shrunk.tune(pairs)
    assert shrunk.sigma == pytest.approx(1, abs=0.02)
    assert shrunk.chosen / shrunk.sigma == pytest.approx(0.25)
    told = Shrunk(0.4)
    told.tune(pairs)
    assert told.chosen == 0.4


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_goes_and_the_picture_stays(make: Make, channels: int) -> None:
    """An edge that is not symmetrical: a method that turned the picture would lose it."""
    generator = np.random.default_rng(0)
    x = np.zeros((channels, 40, 30), np.float32)
    x[:, :13, :] = 0.8
    x[:, 25:, :8] = 0.5
    x_tilde = (x + 0.1 * generator.standard_normal(x.shape)).astype(np.float32)
    (method := make(None)).tune([(x, x_tilde)])
    x_hat = method.restore(x_tilde)
    assert x_hat.shape == x.shape
    assert np.square(x_hat - x).mean() < 0.2 * np.square(x_tilde - x).mean()


@pytest.mark.parametrize("make", BOTH)
def test_where_nothing_is_corrupted_nothing_changes(make: Make) -> None:
    x = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    (method := make(None)).tune([(x, x)])
    assert method.chosen == 0 and np.array_equal(method.restore(x), x)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


@pytest.mark.parametrize("make", BOTH)
def test_rows_and_whole_photos_are_scored_beside_a_run(make: Make, folder: Path) -> None:
    metrics = {"reconstruction": Reconstruction(), "photos": Photos(None, False, "input")}
    system = system_of(photos(folder), metrics, noise=Gaussian(0.1))
    assert not list(metrics["photos"].objections(system))
    found = Beside(method := make(None), system).scores(["test"])
    assert set(found) == {"test/mse", "test/sse", "test/photo_psnr", "test/photo_ssim"}
    errors = [
        np.square(method.restore(trace.x_tilde[0].numpy()).clip(0, 1) - trace.x[0].numpy()).mean()
        for trace in traces(system, "test")
    ]
    assert found["test/photo_psnr"] == pytest.approx(np.mean(-10 * np.log10(errors)), abs=0.01)
    assert found["test/photo_psnr"] > 22  # the input has 20


def test_it_is_tuned_on_validation_photos_or_training_rows(folder: Path) -> None:
    for system, split in (
        (system_of(photos(folder, val_fraction=0.4), noise=Gaussian(0.1)), "val"),
        (system_of(photos(folder, val_fraction=0.0), noise=Gaussian(0.1)), "train"),
    ):
        expected = [trace.x[0].numpy() for trace in traces(system, split)]
        pairs = list(Beside(TotalVariation(None), system).pairs())
        assert [x.shape for x, _ in pairs] == [x.shape for x in expected]
        assert all(np.array_equal(x, other) for (x, _), other in zip(pairs, expected, strict=True))
        assert all(0.05 < (x_tilde - x).std() < 0.15 for x, x_tilde in pairs)
    rows = Memory(torch.rand(100, 1, 6, 6)).setup()
    assert len(list(Beside(TotalVariation(None), untrained(rows, 2)).pairs())) == len(rows.splits["train"])


def test_methods_of_patches_rebuild_photos_by_tiles(folder: Path) -> None:
    """All components are an identity."""
    metrics = {"photos": Photos(None, False, "input")}
    system = system_of(photos(folder, stride=1), metrics, noise=Gaussian(0.05))
    assert not list(metrics["photos"].objections(system))
    found = Beside(PCA(2.0), system).scores(["test"])
    (first,) = Beside(PCA(2.0), system).photos("test", 1)
    (own,) = traces(system, "test", 1)
    torch.testing.assert_close(first.x_hat, own.x_tilde, atol=1e-3, rtol=0)
    assert 25 < found["test/photo_psnr"] < 28


class Means(Baseline):
    """Every patch by its mean."""

    def fit(self, dataset: Dataset, dim: int) -> None:
        self.features = int(np.prod(dataset.shape))

    def encode(self, x: np.ndarray) -> np.ndarray:
        return x.mean(1, keepdims=True)

    def decode(self, z: np.ndarray) -> np.ndarray:
        return z.repeat(self.features, 1)


class Mean(nn.Module):
    """The same of a net."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((1, 2, 3), keepdim=True).expand_as(x)


@pytest.mark.parametrize("overlap", [0.0, 0.8])
def test_methods_of_patches_see_the_tiles_that_the_run_sees(overlap: float, folder: Path) -> None:
    """As many, from where the corruption takes pixels together."""
    system = system_of(photos(folder, overlap=overlap), {}, Mean(), low=Downsample(2))
    for beside, own in zip(Beside(Means(), system).photos("test"), traces(system, "test"), strict=True):
        torch.testing.assert_close(beside.x_hat, own.x_hat)


def test_vectors_are_objected_to() -> None:
    (line,) = TotalVariation(None).objections(Memory(torch.rand(20, 6)).setup())
    assert line == "restores images; these rows are vectors [6]"


def test_a_negative_strength_is_refused() -> None:
    with pytest.raises(ValueError, match="strength must not be negative"):
        TotalVariation(-0.1)
