"""Error: one minus scikit-learn's accuracy, batch by batch, over rows that have a label."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score

from aelab.metric.error import Error


def found(logits: torch.Tensor, y: torch.Tensor, size: int) -> dict[str, float]:
    metric = Error()
    metric.reset()
    for part, labels in zip(logits.split(size), y.split(size), strict=True):
        metric.update(part, labels)
    return metric.compute()


@pytest.mark.parametrize("size", [1, 7, 50])
def test_is_one_minus_scikit_learns_accuracy(size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 3, generator=generator)
    y = torch.randint(-1, 3, (50,), generator=generator)
    known = (y >= 0).numpy()
    assert 0 < known.sum() < 50
    accuracy = accuracy_score(y.numpy()[known], np.argmax(logits.numpy(), 1)[known])
    assert found(logits, y, size) == {"error": pytest.approx(1 - float(accuracy))}


def test_right_and_wrong() -> None:
    logits, y = torch.eye(4), torch.arange(4)
    assert found(logits, y, 3) == {"error": 0.0}
    assert found(logits, y.roll(1), 3) == {"error": 1.0}


def test_without_labels_there_is_no_error() -> None:
    assert found(torch.eye(4), torch.full((4,), -1), 2) == {}


def test_begins_anew() -> None:
    metric = Error()
    for right in (True, False):
        metric.reset()
        metric.update(torch.eye(2), torch.arange(2) if right else 1 - torch.arange(2))
        assert metric.compute() == {"error": 0.0 if right else 1.0}


def test_is_of_clean_inputs_and_quick() -> None:
    assert Error.clean and not Error.final
