"""Sharpness: scipy's Laplacian, 0 of what is flat, less of what is blurred."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d
from torch import Tensor

from aelab.assemble import assemble_system
from aelab.errors import UserError
from aelab.metric.sharpness import Sharpness, sharpness
from aelab.model.prior.normal import Normal


def images(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_is_the_variance_of_scipys_laplacian_of_the_grey_image() -> None:
    x = images(5, 3, 8, 6)
    laplace = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    expected = [convolve2d(one.numpy().mean(0), laplace, mode="valid").var() for one in x]
    np.testing.assert_allclose(sharpness(x), expected, rtol=1e-5)


def test_is_0_of_a_slope_and_the_square_of_4_contrasts_of_a_board() -> None:
    slope = torch.arange(8.0).expand(1, 1, 6, 8)
    assert sharpness(slope).item() == pytest.approx(0, abs=1e-12)
    board = (torch.arange(6)[:, None] + torch.arange(8)) % 2  # 0 -> 4, 1 -> −4
    assert sharpness(0.5 * board[None, None]).item() == pytest.approx(4)


def test_data_draws_and_reconstructions_have_their_own() -> None:
    x = images(7, 1, 9, 9)
    blurred = torch.from_numpy(np.stack([gaussian_filter(one[0].numpy(), 1)[None] for one in x]))
    metric = Sharpness()
    metric.reset()
    for part in torch.arange(7).split(3):
        metric.update(x[part], blurred[part], Normal(2), lambda z: {"x_hat": 0.1 * images(len(z), 1, 9, 9)})
    scores = metric.compute()
    assert scores["sharpness_data"] == pytest.approx(sharpness(x).mean().item())
    assert 0 < scores["sharpness_reconstruction"] < 0.2 * scores["sharpness_data"]
    assert scores["sharpness"] < 0.02 * scores["sharpness_data"]


def test_other_data_is_refused(composed: Callable[..., DictConfig]) -> None:
    for override, said in (
        ("dataset=two_moons", "needs images; these rows are vectors [2]"),
        ("dataset.centred=true", "needs images in [0, 1], these lie in"),
    ):
        with pytest.raises(UserError) as refusal:
            assemble_system(composed("metric=sharpness", override))
        (line,) = refusal.value.problems
        assert line.startswith(f"metric.sharpness: {said}")
