"""Cross-entropy: scikit-learn's log loss, log C where nothing is known, softmax − onehot as its gradient."""

from math import log

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from aelab.loss.cross_entropy import CrossEntropy

GENERATOR = torch.Generator().manual_seed(0)
LOGITS, Y = torch.randn(20, 4, generator=GENERATOR) * 3, torch.arange(20) % 4


def test_is_scikit_learns_log_loss() -> None:
    each = CrossEntropy()(LOGITS, Y)
    assert each.shape == (20,)
    p = LOGITS.double().softmax(1).numpy()
    assert each.mean().item() == pytest.approx(log_loss(Y.numpy(), p), rel=1e-6)
    assert each.tolist() == pytest.approx(list(-np.log(p[np.arange(20), Y.numpy()])), rel=1e-5)


@pytest.mark.parametrize("classes", [2, 10])
def test_of_equal_logits_is_log_c(classes: int) -> None:
    found = CrossEntropy()(torch.full((3, classes), 7.0), torch.tensor([0, 1, classes - 1]))
    assert found.tolist() == pytest.approx([log(classes)] * 3)


def test_gradient_is_softmax_minus_onehot() -> None:
    logits = LOGITS.clone().requires_grad_()
    CrossEntropy()(logits, Y).sum().backward()
    torch.testing.assert_close(logits.grad, LOGITS.softmax(1) - torch.eye(4)[Y])


def test_large_logits_stay_finite() -> None:
    found = CrossEntropy()(torch.tensor([[1e4, -1e4], [1e4, -1e4]]), torch.tensor([0, 1]))
    assert found.tolist() == [0.0, 2e4]
