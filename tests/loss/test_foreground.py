"""Foreground: the smooth L1 of the picture with its background cut away."""

import torch

from aelab.loss.foreground import Foreground
from aelab.loss.smooth_l1 import SmoothL1

GENERATOR = torch.Generator().manual_seed(0)
X, LAYER = (torch.rand(4, 3, 5, 6, generator=GENERATOR) for _ in range(2))
SEGMENT = (torch.rand(4, 1, 5, 6, generator=GENERATOR) > 0.5).float()


def test_is_the_error_inside_and_the_layer_itself_outside() -> None:
    term, plain = Foreground(1.0, 1.0), SmoothL1(1.0, 1.0)
    inside = plain(X * SEGMENT, LAYER * SEGMENT)
    outside = 0.5 * (LAYER * (1 - SEGMENT)).square().flatten(1).sum(1)
    torch.testing.assert_close(term(X, SEGMENT, LAYER), inside + outside)


def test_is_nothing_for_the_foreground_itself_and_smooth_l1_without_a_background() -> None:
    term = Foreground(0.2, 1.0)
    assert term(X, SEGMENT, X * SEGMENT).tolist() == [0] * 4
    torch.testing.assert_close(term(X, torch.ones_like(SEGMENT), LAYER), SmoothL1(0.2, 1.0)(X, LAYER))
