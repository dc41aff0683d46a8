"""LDA: Fisher's direction, from labelled rows only."""

import numpy as np
import pytest
import torch
from baseline.made_up import Memory

from aelab.baseline.baseline import matrix
from aelab.baseline.lda import LDA
from aelab.dataset.dataset import Dataset


def classes(k: int = 2, n: int = 3000, features: int = 4) -> Dataset:
    """Normal classes of one covariance, far from round."""
    generator = np.random.default_rng(0)
    y = np.arange(n) % k
    noise = generator.standard_normal((n, features)) @ generator.standard_normal((features, features))
    x = 2 * generator.standard_normal((k, features))[y] + noise
    return Memory(torch.tensor(x).float(), y=torch.tensor(y)).setup()


def test_two_classes_give_fishers_direction() -> None:
    """w ∝ S_W⁻¹(μ₁ − μ₀)"""
    dataset = classes()
    lda = LDA(rows=100_000)
    lda.fit(dataset, 5)
    assert dataset.rows.y is not None
    train = dataset.splits["train"]
    x, y = matrix(dataset, train).astype(float), dataset.rows.y[train].numpy()
    means = np.stack([x[y == c].mean(0) for c in (0, 1)])
    within = np.cov((x - means[y]).T)
    w = np.linalg.solve(within, means[1] - means[0])
    z = lda.encode(x)
    assert z.shape == (len(x), 1)  # classes − 1
    assert abs(np.corrcoef(z[:, 0], x @ w)[0, 1]) > 0.999


@pytest.mark.parametrize(("k", "dim", "d"), [(5, 2, 2), (3, 10, 2), (8, 10, 4)])
def test_at_most_classes_less_one_and_features(k: int, dim: int, d: int) -> None:
    dataset = classes(k)
    lda = LDA(rows=100_000)
    lda.fit(dataset, dim)
    z = lda.encode(matrix(dataset, dataset.splits["test"]))
    assert z.shape[1] == d and lda.decode(z) is None


def test_rows_without_a_label_and_classes_of_one_row_are_left_out() -> None:
    dataset = classes(3)
    whole, odd = LDA(rows=100_000), LDA(rows=100_000)
    x, y = dataset.rows.x, dataset.rows.y
    assert y is not None
    train, fifth = dataset.splits["train"], dataset.splits["train"][::5]
    rest = train[torch.arange(len(train)) % 5 > 0]
    y = y.clone()
    y[fifth] = -1
    y[fifth[0]] = 7  # alone in its class
    unlabelled = Memory(x + 100 * ((y < 0) | (y == 7))[:, None], y=y).setup()
    unlabelled.splits = dict(dataset.splits)
    assert not list(odd.objections(unlabelled))
    odd.fit(unlabelled, 2)
    dataset.splits["train"] = rest
    whole.fit(dataset, 2)
    np.testing.assert_allclose(odd.encode(x.numpy()), whole.encode(x.numpy()), atol=1e-6)


def test_constant_features_and_few_rows_are_no_trouble() -> None:
    dataset = classes(3, n=60, features=40)
    dataset.rows.x[:, :5] = 1.0
    lda = LDA(rows=100_000)
    lda.fit(dataset, 2)
    assert np.isfinite(lda.encode(matrix(dataset, dataset.splits["test"]))).all()


def test_without_labels_or_with_one_class_it_objects() -> None:
    dataset, lda = classes(), LDA(rows=100)
    assert not list(lda.objections(dataset))
    (line,) = lda.objections(Memory(dataset.rows.x).setup())
    assert line == "LDA needs labels, and this data set has none; leave lda out"
    (line,) = lda.objections(Memory(dataset.rows.x, y=torch.zeros(len(dataset.rows.x)).long()).setup())
    assert line == "LDA needs at least 2 classes of 2 or more training rows, and has 1; leave lda out"


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="rows must be at least 4, got 3"):
        LDA(rows=3)
