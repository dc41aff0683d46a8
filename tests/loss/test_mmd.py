"""MMD: the unbiased statistic by its definition, zero on the whole where both are the same."""

import math

import pytest
import torch
from torch import Tensor

from aelab.loss.mmd import MMD, Kernel, mmd
from aelab.model.prior.normal import Normal


def by_definition(a: Tensor, b: Tensor, kernel: Kernel, widths: list[float]) -> float:
    def k(x: Tensor, y: Tensor) -> float:
        square = (x - y).square().sum().item()
        return sum(w / (w + square) if kernel == "imq" else math.exp(-square / w) for w in widths)

    n, m = len(a), len(b)
    own = [
        sum(k(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j) / (len(s) * (len(s) - 1))
        for s in (a, b)
    ]
    return sum(own) - 2 * sum(k(x, y) for x in a for y in b) / (n * m)


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_is_the_definition(kernel: Kernel) -> None:
    torch.manual_seed(0)
    a, b = torch.randn(6, 3, dtype=torch.float64), 1 + torch.randn(9, 3, dtype=torch.float64)
    widths = [0.5, 3.0, 12.0]
    assert mmd(a, b, kernel, widths).item() == pytest.approx(by_definition(a, b, kernel, widths), rel=1e-9)


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_is_zero_on_average_at_the_prior_and_not_of_a_collapsed_code(kernel: Kernel) -> None:
    torch.manual_seed(0)
    term, prior = MMD(1.0, kernel, 1.0, [1.0]), Normal(4)
    same = torch.stack([term(torch.randn(100, 4), prior) for _ in range(200)])
    assert abs(same.mean().item()) < 4 * same.std().item() / 200**0.5
    assert term(torch.zeros(100, 4), prior).item() > 20 * same.std().item()
    assert (same < 0).any()  # unbiased


def test_mixed_precision_leaves_it_exact() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(50, 8), torch.randn(50, 8)
    exact = mmd(a, b, "imq", [16.0])
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(mmd(a, b, "imq", [16.0]), exact)


def test_its_width_grows_with_the_code_once() -> None:
    """C = 2dσ²: the same code twice over, at twice the distance², is as far."""
    torch.manual_seed(0)
    z, prior = torch.randn(50, 3), torch.randn(50, 3)
    wide = mmd(torch.cat([z, z], 1), torch.cat([prior, prior], 1), "imq", [12.0])
    torch.testing.assert_close(wide, mmd(z, prior, "imq", [6.0]))


def test_one_row_has_no_pairs() -> None:
    assert MMD(1.0, "imq", 1.0, [1.0])(torch.randn(1, 2), Normal(2)).item() == 0


@pytest.mark.parametrize(
    ("variance", "scales", "said"),
    [
        (0.0, [1.0], "variance must be positive, got 0.0"),
        (1.0, [], "scales must be positive and at least one, got []"),
    ],
)
def test_refuses(variance: float, scales: list[float], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        MMD(1.0, "imq", variance, scales)
    assert str(caught.value) == said
