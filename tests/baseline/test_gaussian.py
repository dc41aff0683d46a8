"""One normal distribution: its draws have the mean and the covariance of the training rows."""

import numpy as np
import torch
from baseline.made_up import Memory, system_of

from aelab.baseline.baseline import matrix
from aelab.baseline.gaussian import PIECE, Gaussian
from aelab.baseline.pca import PCA
from aelab.baseline.side import Beside
from aelab.dataset.dataset import Dataset
from aelab.metric.reconstruction import Reconstruction


def rows(n: int = 7000) -> Dataset:
    """Images of six pixels, far from round and far from 0; one pixel never changes. More than one piece."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 6, generator=generator) @ torch.randn(6, 6, generator=generator) + 20
    x[:, 4] = 3
    return Memory(x.view(n, 1, 3, 2)).setup()


def fitted(dataset: Dataset) -> Gaussian:
    gaussian = Gaussian()
    gaussian.fit(dataset, 2)
    return gaussian


def test_draws_have_the_moments_of_the_training_rows() -> None:
    dataset = rows()
    train = dataset.splits["train"]
    assert len(train) > PIECE
    x, drawn = matrix(dataset, train).astype(float), fitted(dataset).sample(20_000)
    s = np.cov(x.T, bias=True)
    scale = np.sqrt(np.outer(s.diagonal(), s.diagonal())) + 1e-9
    np.testing.assert_allclose(drawn.mean(0), x.mean(0), atol=0.1)
    np.testing.assert_allclose((np.cov(drawn.T) - s) / scale, 0, atol=0.04)
    np.testing.assert_allclose(drawn[:, 4], 3, atol=1e-5)


def test_draws_are_normal() -> None:
    """Of two points alone, as of anything: kurtosis 3, where the points' own is 1."""
    x = torch.tensor([0.0, 1.0]).repeat(500)[:, None]
    drawn = fitted(Memory(x).setup()).sample(20_000)[:, 0]
    standard = (drawn - drawn.mean()) / drawn.std()
    assert abs((standard**4).mean() - 3) < 0.15


def test_the_same_draws_every_time() -> None:
    gaussian = fitted(rows(100))
    np.testing.assert_array_equal(gaussian.sample(3), gaussian.sample(3))


def test_beside_a_run_it_draws_in_the_shape_of_the_data_and_has_neither_codes_nor_scores() -> None:
    system = system_of(rows(200), 2, {"reconstruction": Reconstruction()})
    beside = Beside(Gaussian(), system)
    side = beside.side()
    assert not side.places and beside.scores(["test"]) == {}
    assert set(side.trace("test", 4)) >= {"x"} and "x_hat" not in side.trace("test", 4)
    assert side.sample is not None and side.sample(5).shape == (5, 1, 3, 2)
    others = Beside(PCA(2.0), system).side()
    assert others.sample is None and others.places
