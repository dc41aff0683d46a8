"""The observed part as condition: what a corruption left, and refused where none hides anything."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.model.condition.observed import Observed

Compose = Callable[..., DictConfig]


def test_is_what_is_left_flat() -> None:
    x_tilde = torch.rand(4, 1, 8, 8)
    condition = Observed((1, 8, 8))
    assert condition.dim == 64 and torch.equal(condition(x_tilde=x_tilde), x_tilde.flatten(1))


def test_without_a_corruption_it_would_be_x_itself(composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed("model/condition=observed"), tmp_path)
    line = "is what a corruption leaves of x, and this run has none; corruption=quadrants hides parts"
    assert caught.value.problems == (f"model.condition: {line}",)
    assert assemble(composed("model/condition=observed", "corruption=quadrants"), tmp_path).system
