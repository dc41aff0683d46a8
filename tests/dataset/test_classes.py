"""A class by its number or its name, where names may be numbers themselves."""

from typing import Any

import numpy as np
import pytest
import torch

from aelab.dataset.classes import number
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError


def classes(*names: str, k: int = 3) -> Dataset:
    dataset = Dataset()
    dataset.rows = Rows(torch.zeros(k, 2), torch.arange(k), list(names) or None)
    return dataset


@pytest.mark.parametrize(
    ("names", "label", "y"),
    [
        (["cat", "dog", "owl"], "dog", 1),
        (["cat", "dog", "owl"], 2, 2),
        (["cat", "dog", "owl"], "2", 2),
        (["1", "2", "3"], "1", 0),  # a name first
        (["1", "2", "3"], 1, 1),  # a number first
        (["10", "20", "30"], 20, 1),  # as the command line reads label=20
        ([], "2", 2),
        ([], np.int64(1), 1),
        ([], torch.tensor(1), 1),
    ],
)
def test_by_number_or_name(names: list[str], label: Any, y: int) -> None:
    assert number(classes(*names), label) == y


@pytest.mark.parametrize("label", [3, -1, "-1", "3", "²", "cow"])
def test_what_is_no_class(label: int | str) -> None:
    with pytest.raises(UserError, match="label: takes 0 to 2 or one of cat, dog, owl; got"):
        number(classes("cat", "dog", "owl"), label)
