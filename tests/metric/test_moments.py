"""The code's moments, by numpy, in batches of any size."""

import numpy as np
import pytest
import torch

from aelab.metric.moments import Moments


@pytest.mark.parametrize("parts", [1, 4])
def test_are_those_of_numpy(parts: int) -> None:
    z = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 2 + torch.tensor([-1.0, 0, 3])
    metric = Moments()
    metric.reset()
    for part in z.chunk(parts):
        metric.update(part)
    rows = z.double().numpy()
    assert metric.compute() == pytest.approx(
        {
            "code_mean": np.abs(rows.mean(0)).mean(),
            "code_std": rows.std(0).mean(),
            "code_magnitude": np.abs(rows).mean(),
        }
    )


def test_magnitude_is_that_of_the_centres() -> None:
    metric = Moments()
    metric.reset()
    metric.update(torch.randn(4, 2), mean=torch.tensor([[3.0, -3], [-5, 5], [3, 3], [-5, 5]]))
    assert metric.compute()["code_magnitude"] == pytest.approx(4)
