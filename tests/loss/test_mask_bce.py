"""MaskBCE: nats of telling each pixel's side of the mask."""

import math

import pytest
import torch

from aelab.loss.mask_bce import MaskBCE

SEGMENT = (torch.rand(4, 1, 5, 6, generator=torch.Generator().manual_seed(0)) > 0.7).float()


def test_is_the_definition() -> None:
    logits = torch.randn(4, 1, 5, 6, generator=torch.Generator().manual_seed(1))
    g = 1 / (1 + (-logits).exp())
    nats = -torch.where(SEGMENT == 1, 1 - g, g).log().flatten(1).sum(1)
    torch.testing.assert_close(MaskBCE()(SEGMENT, logits), nats)


def test_a_gate_that_knows_nothing_pays_a_bit_a_pixel() -> None:
    assert MaskBCE()(SEGMENT, torch.zeros(4, 1, 5, 6)).tolist() == pytest.approx([30 * math.log(2)] * 4)


def test_the_gate_is_open_outside_the_foreground() -> None:
    right = MaskBCE()(SEGMENT, 50 * (1 - 2 * SEGMENT))
    assert right.max() < 1e-6
    torch.testing.assert_close(MaskBCE()(SEGMENT, 50 * (2 * SEGMENT - 1)), torch.full((4,), 30 * 50.0))
