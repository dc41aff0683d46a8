"""Strength of colours: none of grey, the square of what lacks, and nothing but strength."""

import pytest
import torch
from torch import Tensor

from aelab.colour import luma
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.loss.chroma import Chroma


def images() -> Tensor:
    return torch.rand(6, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(("share", "loss"), [(1.0, 0.0), (0.5, 0.25), (0.0, 1.0), (1.5, 0.25)])
def test_is_the_square_of_the_share_that_lacks(share: float, loss: float) -> None:
    x = images()
    x_hat = luma(x) + share * (x - luma(x))
    assert Chroma(1.0)(x, x_hat).item() == pytest.approx(loss, abs=1e-12)


def test_which_pixels_have_the_colours_is_left_open() -> None:
    x = images()
    assert Chroma(1.0)(x, x.flip(0)).item() == pytest.approx(0, abs=1e-12)


def test_grey_data_and_grey_reconstructions_have_finite_gradients() -> None:
    grey = torch.rand(2, 1, 4, 4).expand(2, 3, 4, 4)
    for x, x_hat in ((grey, torch.rand(2, 3, 4, 4)), (torch.rand(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.5))):
        x_hat.requires_grad_()
        Chroma(1.0)(x, x_hat).backward()
        assert x_hat.grad is not None and torch.isfinite(x_hat.grad).all()


def test_a_batch_in_grey_is_scored_in_steps_of_8_bits() -> None:
    x = images()
    grey = luma(x).expand_as(x)
    x_hat = grey + 0.1 * (x - luma(x))  # a fault of some steps, of which the square is
    steps = 255 * torch.linalg.vector_norm(x_hat - luma(x_hat), dim=1).mean().item()
    assert Chroma(1.0)(grey, x_hat).item() == pytest.approx((steps - 1) ** 2) and steps < 30


def test_other_data_is_refused() -> None:
    term, data = Chroma(1.0), Dataset()
    data.rows = Rows(torch.zeros(2, 1, 8, 8))
    term.prepare(data)
    (line,) = term.objections(None)  # type: ignore[arg-type]
    assert line == "needs images of 3 channels, red, green and blue; this data has [1, 8, 8]"
