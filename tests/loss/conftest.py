"""Inputs and reconstructions of every kind of data."""

import pytest
import torch
from torch import Tensor


@pytest.fixture(params=[(7,), (1, 5, 4), (3, 4, 6)], ids=["vector", "grey", "colour"])
def pair(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    """(x in [0, 1], anything) [6, *shape] in float64."""
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(6, *request.param, generator=generator, dtype=torch.float64)
    return x, 2 * torch.randn(6, *request.param, generator=generator, dtype=torch.float64)
