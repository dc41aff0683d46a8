"""MSE: the squared Euclidean distance of every sample."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from aelab.loss.l1 import L1
from aelab.loss.mse import MSE


def test_is_the_squared_norm_of_every_sample(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    out = MSE()(x, x_hat)
    assert out.shape == (6,)
    norms = [np.linalg.norm((a - b).numpy().ravel()) ** 2 for a, b in zip(x, x_hat, strict=True)]
    np.testing.assert_allclose(out.numpy(), norms, rtol=1e-12)


def test_is_zero_at_the_input_and_its_gradient_points_there(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    assert torch.equal(MSE()(x, x), torch.zeros(6, dtype=x.dtype))
    x_hat.requires_grad_()
    (gradient,) = torch.autograd.grad(MSE()(x, x_hat).sum(), x_hat)
    torch.testing.assert_close(gradient, 2 * (x_hat.detach() - x))


def test_samples_do_not_touch_each_other(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    torch.testing.assert_close(
        MSE()(x, x_hat), torch.cat([MSE()(x[i, None], x_hat[i, None]) for i in range(6)])
    )


@pytest.mark.parametrize(("term", "theirs"), [(MSE, F.mse_loss), (L1, F.l1_loss)])
def test_the_mean_over_pixels_is_pytorch_s(term, theirs, pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    out = term(reduction="mean")(x, x_hat)
    torch.testing.assert_close(out.mean(), theirs(x_hat, x))
    torch.testing.assert_close(out * x[0].numel(), term()(x, x_hat))
    assert term().over_pixels and not term(reduction="mean").over_pixels
