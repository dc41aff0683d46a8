"""L1: the sum of absolute errors of every sample."""

import numpy as np
import torch
from torch import Tensor

from aelab.loss.l1 import L1


def test_is_the_one_norm_of_every_sample(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    out = L1()(x, x_hat)
    assert out.shape == (6,)
    norms = [np.linalg.norm((a - b).numpy().ravel(), ord=1) for a, b in zip(x, x_hat, strict=True)]
    np.testing.assert_allclose(out.numpy(), norms, rtol=1e-12)


def test_its_gradient_is_the_sign_of_the_error(pair: tuple[Tensor, Tensor]) -> None:
    x, x_hat = pair
    x_hat.requires_grad_()
    (gradient,) = torch.autograd.grad(L1()(x, x_hat).sum(), x_hat)
    assert torch.equal(gradient, torch.where(x_hat > x, 1.0, -1.0).to(gradient))


def test_the_median_minimises_it() -> None:
    """Squared error would pick the mean, 20.4."""
    x = torch.tensor([[0.0], [0.0], [1.0], [1.0], [100.0]])
    candidates = torch.linspace(-1, 101, 1021)
    costs = torch.stack([L1()(x, torch.full_like(x, c)).sum() for c in candidates.tolist()])
    assert candidates[costs.argmin()].item() == np.median(x)
