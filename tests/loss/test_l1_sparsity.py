"""L1Sparsity: the sum of magnitudes of every code."""

import numpy as np
import torch
from torch import Tensor

from aelab.loss.l1_sparsity import L1Sparsity

Z = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_is_the_one_norm_of_every_code() -> None:
    out = L1Sparsity(1.0)(Z)
    assert out.shape == (6,)
    np.testing.assert_allclose(out.numpy(), [np.linalg.norm(z, ord=1) for z in Z.numpy()], rtol=1e-12)


def test_its_gradient_is_the_sign_and_leaves_zeros_alone() -> None:
    z = torch.tensor([[-2.0, 0.0, 3.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(L1Sparsity(1.0)(z).sum(), z)
    assert gradient.tolist() == [[-1.0, 0.0, 1.0]]


def test_beside_a_squared_error_it_shrinks_and_sets_to_zero() -> None:
    """argmin_z (z − a)² + λ|z| = sign(a)·max(|a| − λ/2, 0)"""
    a, weight = torch.tensor([[-2.0, -0.3, 0.1, 0.5, 3.0]]), 1.0

    def cost(z: Tensor) -> Tensor:
        return (z - a).square() + weight * torch.stack([L1Sparsity(1.0)(row[None, None]) for row in z[0]]).T

    grid = torch.linspace(-4, 4, 801)
    best = torch.stack([cost(g.expand_as(a))[0] for g in grid]).argmin(0)
    torch.testing.assert_close(grid[best], torch.tensor([-1.5, 0.0, 0.0, 0.0, 2.5]), rtol=0, atol=0.011)
