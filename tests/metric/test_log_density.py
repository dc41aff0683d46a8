"""The mean log density, in batches of any size."""

import pytest
import torch
from scipy.stats import norm

from aelab.metric.log_density import LogDensity
from aelab.model.prior.normal import Normal


@pytest.mark.parametrize("size", [50, 16, 7])
def test_is_the_mean_over_all_rows(size: int) -> None:
    z = 2 * torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    metric = LogDensity()
    metric.reset()
    for part in z.split(size):
        metric.update(part, Normal(3))
    expected = norm.logpdf(z.double().numpy()).sum(1).mean()
    assert metric.compute() == pytest.approx({"log_density": expected}, rel=1e-6)
