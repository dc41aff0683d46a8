"""The mean colour: the a and b whose squared error is smallest, the lightness of the input."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aelab.baseline.mean_colour import MeanColour
from aelab.colour import lab, luma


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image)[None]


def test_no_other_colour_is_nearer_and_lightness_stays() -> None:
    generator = np.random.default_rng(0)
    truth = 0.4 + 0.2 * generator.random((6, 3, 8, 8))
    pairs = [(x, luma(tensor(x))[0].numpy()) for x in truth]
    baseline = MeanColour()
    baseline.tune(pairs)
    found = torch.cat([lab(tensor(np.ascontiguousarray(baseline.restore(grey)))) for _, grey in pairs])
    true = lab(torch.from_numpy(truth))
    grey = lab(luma(torch.from_numpy(truth)).expand(-1, 3, -1, -1))
    assert torch.allclose(found[:, :1], grey[:, :1], atol=1e-6)
    least = (true[:, 1:] - found[:, 1:]).square().mean()
    for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        moved = found[:, 1:] + 0.01 * torch.tensor([a, b])[:, None, None]
        assert (true[:, 1:] - moved).square().mean() > least


def test_both_stand_beside_a_colorizer(train: Callable[..., Path]) -> None:
    chosen = "dataset=coloured_shapes", "corruption=grayscale", "metric=[psnr,colour]", "model=conv"
    run = train(*chosen, "baseline=[pca,grey_copy,mean_colour]")
    found = json.loads((run / "results.json").read_text())["metrics"]
    assert found["test/grey_copy_chroma"] == pytest.approx(0, abs=1e-3)
    assert found["test/mean_colour_ab_error"] < found["test/grey_copy_ab_error"]
    assert not any("pca" in name for name in found)
