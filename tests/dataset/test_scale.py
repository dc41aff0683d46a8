"""Scales: there and back, learnt from the training rows."""

import pytest
import torch
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from aelab.dataset.scale import Scale, fixed, standard, unit

TRAIN = (
    torch.randn(200, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([1e-3, 1, 10, 1e3, 1]) + 7
)


@pytest.mark.parametrize("scale", [fixed(0, 255), fixed(-3, 0.5), unit(TRAIN), standard(TRAIN)])
def test_round_trip(scale: Scale) -> None:
    raw = TRAIN[:20] * 1.5
    torch.testing.assert_close(scale.inverse(scale(raw)), raw, rtol=1e-4, atol=1e-4)


def test_bytes_become_the_quotient_and_stay_as_they_are() -> None:
    raw = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(fixed(0, 255)(raw), torch.arange(256) / 255)
    assert raw.tolist() == list(range(256))


def test_floats_are_not_changed_in_place() -> None:
    raw = torch.ones(3)
    fixed(1, 2)(raw)
    assert raw.tolist() == [1, 1, 1]


def test_vectors_scale_feature_by_feature_as_in_scikit_learn() -> None:
    new = TRAIN[:50] + 1
    for scale, other in ((unit(TRAIN), MinMaxScaler()), (standard(TRAIN), StandardScaler())):
        expected = torch.tensor(other.fit(TRAIN.numpy()).transform(new.numpy()))
        torch.testing.assert_close(scale(new), expected.float(), rtol=1e-4, atol=1e-4)


def test_images_scale_as_a_whole() -> None:
    images = torch.rand(10, 1, 4, 4) * 90 + 10
    images[:, :, 0, 0] = 50  # a pixel that hardly varies must not be blown up
    scaled = unit(images)(images)
    assert scaled.min() == 0 and scaled.max() == 1
    torch.testing.assert_close(scaled, (images - images.min()) / (images.max() - images.min()))
    scaled = standard(images)(images)
    torch.testing.assert_close(
        torch.stack([scaled.mean(), scaled.std(correction=0)]), torch.tensor([0.0, 1.0])
    )


@pytest.mark.parametrize("make", [unit, standard])
def test_a_constant_feature_becomes_zero(make) -> None:
    train = torch.tensor([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])
    scale = make(train)
    torch.testing.assert_close(scale(train)[:, 0], torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(scale.inverse(scale(train)), train)
