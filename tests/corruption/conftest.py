"""Rows of every kind of data."""

import pytest
import torch
from torch import Tensor


@pytest.fixture(
    params=[(600,), (1, 28, 28), (1, 12, 7), (3, 9, 16)], ids=["vector", "grey", "oblong", "colour"]
)
def x(request: pytest.FixtureRequest) -> Tensor:
    """x [50, *shape] strictly inside (0, 1), no entry of which equals another's."""
    torch.manual_seed(2)
    return torch.rand(50, *request.param) * 0.8 + 0.1
