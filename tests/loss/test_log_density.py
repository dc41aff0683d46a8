"""Minus the log density of the codes, by the density of numpy, and where there is none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from scipy.stats import norm
from torch import Tensor
from torch.distributions import Distribution

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.loss.log_density import LogDensity
from aelab.model.latent.gaussian import diagonal
from aelab.model.prior.normal import Normal


class Around(Normal):
    """N(c, I)"""

    def given(self, c: Tensor | None = None) -> Distribution:
        assert c is not None
        return diagonal(c, torch.ones_like(c))


def test_is_scipys_and_sums_over_the_code() -> None:
    z, c = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0)).double()
    np.testing.assert_allclose(LogDensity()(z, Normal(3).double()), -norm.logpdf(z).sum(1))
    np.testing.assert_allclose(LogDensity()(z, Around(3), c), -norm.logpdf(z, c).sum(1))


def test_its_gradient_brings_codes_to_the_prior() -> None:
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    LogDensity()(z, Normal(3)).sum().backward()
    torch.testing.assert_close(z.grad, z.detach())


def test_needs_a_density(composed: Callable[..., DictConfig], tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed("loss=[mse,log_density]", "metric=log_density", "model/prior=swiss_roll"), tmp_path)
    assert [line.split(" which ")[0] for line in caught.value.problems] == [
        f"{group}.log_density: needs a prior whose density is nowhere 0," for group in ("loss", "metric")
    ]
