"""The probe: a multinomial logistic regression, whatever the scale and shape of the codes."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from aelab.metric.probe import Probe


def clusters(n: int = 300, d: int = 6, noise: float = 1.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """(z [n, d], y [n]): three overlapping classes."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    centres = torch.randn(3, d, generator=torch.Generator().manual_seed(9))
    return centres[y] + noise * torch.randn(n, d, generator=generator), y


def scored(metric: Probe, z: Tensor, y: Tensor, size: int = 64) -> dict[str, float]:
    metric.reset()
    for a, b in zip(z.split(size), y.split(size), strict=True):
        metric.update(a, b)
    return metric.compute()


def test_is_scikit_learns_error_on_scaled_codes() -> None:
    (z, y), (test_z, test_y) = clusters(), clusters(seed=1)
    metric = Probe(0.1, 1000)
    metric.fit(z, y)
    mean = z.mean(0)
    scale = (z - mean).double().square().mean().sqrt().item()
    expected = LogisticRegression(C=0.1, max_iter=1000).fit((z - mean).numpy() / scale, y.numpy())
    error = 1 - expected.score((test_z - mean).numpy() / scale, test_y.numpy())
    assert 0.02 < error < 0.5
    assert scored(metric, test_z, test_y) == {"probe_error": pytest.approx(error)}


@pytest.mark.parametrize("factor", [1e-4, 30.0])
def test_the_size_of_codes_does_not_matter(factor: float) -> None:
    (z, y), (test_z, test_y) = clusters(), clusters(seed=1)
    errors = []
    for by in (1.0, factor):
        metric = Probe(0.01, 1000)
        metric.fit(by * z, y)
        errors.append(scored(metric, by * test_z, test_y)["probe_error"])
    assert errors[0] == pytest.approx(errors[1], abs=1e-2)


def test_of_several_c_the_best_on_held_out_rows() -> None:
    """Many useless features and few rows: a weak penalty overfits, too strong a one learns nothing."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(400, 150, generator=generator)
    y = (z[:, 0] + 0.7 * torch.randn(400, generator=generator) > 0).long()

    def error(C: float | list[float]) -> float:
        metric = Probe(C, 1000)
        metric.fit(z[:200].clone(), y[:200])
        return scored(metric, z[200:], y[200:])["probe_error"]

    candidates = [100.0, 0.01]
    alone = [error(C) for C in candidates]
    assert alone[1] < alone[0] - 0.02
    assert error(candidates) == alone[1]


def test_unlabelled_rows_are_left_out() -> None:
    (z, y), (test_z, test_y) = clusters(), clusters(seed=1)
    gone, test_gone = torch.arange(len(z)) % 4 == 0, torch.arange(len(z)) % 5 == 0
    whole, part = Probe(1.0, 100), Probe(1.0, 100)
    whole.fit(torch.where(gone[:, None], 99.0, z), torch.where(gone, -1, y))
    part.fit(z[~gone], y[~gone])
    wild = torch.where(test_gone[:, None], 99.0, test_z)
    expected = scored(part, test_z[~test_gone], test_y[~test_gone])
    assert scored(whole, wild, torch.where(test_gone, -1, test_y)) == expected


def test_codes_may_have_any_shape_and_a_class_may_be_new() -> None:
    z, y = clusters()
    metric = Probe([0.1, 1.0], 100)
    metric.fit(z.view(-1, 2, 3), y)
    known = scored(metric, z.view(-1, 2, 3), y)["probe_error"]
    metric.update(z.view(-1, 2, 3), torch.full_like(y, 7))
    assert metric.compute()["probe_error"] == pytest.approx((known + 1) / 2)


@pytest.mark.parametrize("label", [-1, 2])
def test_without_two_classes_there_is_nothing_to_say(label: int) -> None:
    z, y = clusters()
    metric = Probe([0.1, 1.0], 100)
    metric.fit(z, torch.full_like(y, label))
    assert scored(metric, z, y) == {}
    metric.fit(z, y)
    assert scored(metric, z, torch.full_like(y, -1)) == {}


@pytest.mark.parametrize("n", [2, 3, 5, 11])
def test_few_rows(n: int) -> None:
    z, y = clusters(n)
    metric = Probe([0.1, 1.0], 100)
    metric.fit(z, y)
    assert 0 <= scored(metric, z, y)["probe_error"] <= 1


def test_codes_of_zero_and_fits_without_convergence_are_fine() -> None:
    z, y = clusters()
    metric = Probe([0.1, 1.0], 1)  # warnings are errors here
    metric.fit(z, y)
    assert np.isfinite(scored(metric, z, y)["probe_error"])
    metric.fit(torch.zeros_like(z), y)
    assert scored(metric, torch.zeros_like(z), y)["probe_error"] == pytest.approx(2 / 3)


def test_the_codes_stay_as_they_are() -> None:
    z, y = clusters()
    kept = z.clone()
    metric = Probe(1.0, 10)
    metric.fit(z, y)
    scored(metric, z, y)
    assert torch.equal(z, kept)


@pytest.mark.parametrize(
    ("C", "max_iter", "name"), [(0, 1, "C"), ([], 1, "C"), ([1, -1], 1, "C"), (1, 0, "max")]
)
def test_refuses(C: float | list[float], max_iter: int, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Probe(C, max_iter)
