"""The discrepancy of codes: 0 for draws of the prior, the loss's own on a block, a mean over blocks."""

import pytest
import torch
from torch import Tensor

from aelab.loss.mmd import MMD
from aelab.metric import prior_mmd
from aelab.metric.prior_mmd import PriorMMD
from aelab.model.prior.normal import Normal

SCALES = [0.5, 1.0]


def score(*batches: Tensor) -> dict[str, float]:
    torch.manual_seed(1)
    metric = PriorMMD("imq", 1.0, SCALES)
    metric.reset()
    for z in batches:
        metric.update(z, Normal(z.shape[1]))
    return metric.compute()


def test_is_0_for_draws_of_the_prior_and_clearly_not_for_a_collapsed_code() -> None:
    z = torch.randn(4000, 4, generator=torch.Generator().manual_seed(0))
    assert abs(score(z)["prior_mmd"]) < 2e-3
    assert score(0 * z)["prior_mmd"] > 0.1 and score(z + 1)["prior_mmd"] > 0.1


def test_is_the_mean_over_blocks_of_what_the_loss_minimises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_mmd, "AT_ONCE", 10)
    z = torch.randn(35, 3, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(1)
    term, prior = MMD(1.0, "imq", 1.0, SCALES), Normal(3)
    blocks = [*z[:25].split(10), z[25:]]
    expected = sum(len(block) * term(block, prior).item() for block in blocks) / 35
    assert score(z[:25], z[25:])["prior_mmd"] == pytest.approx(expected, rel=1e-5)


def test_a_single_row_has_no_pairs() -> None:
    z = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    assert score(z, z[:1]) == score(z) and score(z[:1]) == {}
