"""Colour scores: by scikit-image's Lab, and what grey and stronger colours come to."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab
from torch import Tensor

from aelab.colour import from_lab, lab
from aelab.metric.colour import Colour


def scores(x: Tensor, x_hat: Tensor, size: int = 8) -> dict[str, float]:
    metric = Colour()
    metric.reset()
    for a, b in zip(x.split(size), x_hat.split(size), strict=True):
        metric.update(a, b)
    return metric.compute()


def test_is_the_error_of_scikit_image_s_a_and_b() -> None:
    x, x_hat = torch.rand(2, 10, 3, 6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    a, b = (rgb2lab(image.movedim(1, -1).numpy())[..., 1:] for image in (x, x_hat))
    found = scores(x, x_hat, 4)
    assert found["ab_error"] == pytest.approx(np.sqrt(((a - b) ** 2).mean()), rel=1e-4)
    assert found["chroma"] == pytest.approx(
        np.linalg.norm(b, axis=-1).sum() / np.linalg.norm(a, axis=-1).sum(), rel=1e-4
    )


def test_grey_has_no_chroma_and_half_the_colour_half_of_it() -> None:
    x = 0.4 + 0.1 * torch.rand(4, 3, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    true = lab(x)
    half = from_lab(torch.cat([true[:, :1], true[:, 1:] / 2], 1))
    grey = from_lab(torch.cat([true[:, :1], 0 * true[:, 1:]], 1))
    assert scores(x, x) == {"ab_error": 0, "chroma": 1}
    assert scores(x, half)["chroma"] == pytest.approx(0.5, rel=1e-9)
    assert scores(x, grey)["chroma"] == pytest.approx(0, abs=1e-9)
    assert scores(x, grey)["ab_error"] == pytest.approx(2 * scores(x, half)["ab_error"], rel=1e-9)
    assert scores(x, grey)["ab_error"] == pytest.approx(true[:, 1:].square().mean().sqrt().item(), rel=1e-9)


def test_grey_truth_has_no_share_of_chroma() -> None:
    assert scores(torch.zeros(2, 3, 4, 4), torch.rand(2, 3, 4, 4)).keys() == {"ab_error"}
