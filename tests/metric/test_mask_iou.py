"""mask_iou: the Jaccard index, sample by sample."""

import pytest
import torch
from sklearn.metrics import jaccard_score

from aelab.metric.mask_iou import MaskIoU


def scored(segment: torch.Tensor, logits: torch.Tensor, size: int = 3) -> float:
    metric = MaskIoU()
    metric.reset()
    for pair in zip(segment.split(size), logits.split(size), strict=True):
        metric.update(*pair)
    return metric.compute()["mask_iou"]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_is_scikit_learns_mean_over_samples(size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    segment = (torch.rand(7, 1, 8, 9, generator=generator) > 0.6).float()
    logits = torch.randn(7, 1, 8, 9, generator=generator)
    found = 1 - logits.sigmoid() > 0.5
    expected = jaccard_score(segment.flatten(1).numpy(), found.flatten(1).numpy(), average="samples")
    assert scored(segment, logits, size) == pytest.approx(expected)


def test_one_for_the_mask_nothing_for_its_opposite() -> None:
    segment = torch.zeros(2, 1, 4, 4)
    segment[..., :2, 1:] = 1
    assert scored(segment, 1 - 2 * segment) == 1  # the gate is shut on the foreground
    assert scored(segment, 2 * segment - 1) == 0
    assert scored(segment, -torch.ones_like(segment)) == pytest.approx(6 / 16)


def test_two_empty_masks_agree() -> None:
    assert scored(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)) == 1


def test_nothing_seen_is_no_score() -> None:
    metric = MaskIoU()
    metric.reset()
    assert metric.compute() == {}
