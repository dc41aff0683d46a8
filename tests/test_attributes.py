"""Attributes by name: what is set, what classes share, and what is refused."""

from typing import Any

import pytest
import torch

from aelab.attributes import changed, filled, whole
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError

NAMES = ["cat", "dog", "owl", "red"]


def data(classes: list[str] | None = None) -> Dataset:
    """Five rows that test: cat, dog, owl, cat, dog, ever redder."""
    dataset = Dataset()
    animal = torch.eye(3)[torch.arange(5) % 3]
    attributes = torch.cat([animal, torch.arange(5)[:, None] / 4], 1)
    dataset.rows = Rows(torch.zeros(5, 2), classes=classes, attributes=attributes, attribute_names=NAMES)
    dataset.splits = {"test": torch.arange(5)}
    return dataset


ANIMALS = data(["cat", "dog", "owl"])


def test_what_is_not_named_is_the_test_rows_in_turn() -> None:
    found = filled({"red": 0.5}, ANIMALS, 7)
    rows = ANIMALS.rows.attributes
    assert rows is not None and torch.equal(found[:, :3], rows[[0, 1, 2, 3, 4, 0, 1], :3])
    assert found[:, 3].tolist() == [0.5] * 7
    assert torch.equal(filled({}, ANIMALS, 5), rows) and rows[:, 3].tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_classes_exclude_each_other_and_other_attributes_do_not() -> None:
    assert filled({"owl": 1}, ANIMALS, 3)[:, :3].tolist() == [[0, 0, 1]] * 3
    assert filled({"owl": 1}, data(None), 2)[:, :3].tolist() == [[1, 0, 1], [0, 1, 1]]
    assert filled({"owl": 0.5, "dog": 0.5, "cat": 0}, ANIMALS, 2)[:, :3].tolist() == [[0, 0.5, 0.5]] * 2


def test_what_is_left_is_shared_as_it_was() -> None:
    own = torch.tensor([[0.2, 0.6, 0.2, 1.0]])
    torch.testing.assert_close(changed(own, ANIMALS, "cat", 0.6), torch.tensor([[0.6, 0.3, 0.1, 1.0]]))
    torch.testing.assert_close(changed(own, ANIMALS, "cat", 0.2), own)
    alone = torch.tensor([[0.0, 1.0, 0.0, 0.3]])
    t = torch.linspace(0, 1, 3)
    swept = changed(alone.expand(3, -1), ANIMALS, "dog", t)
    torch.testing.assert_close(swept[:, :3], torch.stack([(1 - t) / 2, t, (1 - t) / 2], 1))
    assert alone.tolist() == [[0.0, 1.0, 0.0, pytest.approx(0.3)]]  # a copy is changed


def test_all_of_them_by_name_or_row_by_row() -> None:
    given = {"cat": 0, "dog": 1, "owl": 0, "red": 0.25}
    assert whole(given, ANIMALS, 2).tolist() == [[0, 1, 0, 0.25]] * 2
    rows = torch.rand(3, 4)
    assert torch.equal(whole(rows, ANIMALS, 3), rows)
    with pytest.raises(UserError, match=r"attributes: takes \[2, 4\] numbers, got \[3, 4\]"):
        whole(rows, ANIMALS, 2)
    with pytest.raises(UserError, match="takes all of them here, and owl, red must still be given"):
        whole({"cat": 0, "dog": 1}, ANIMALS, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reed": 1}, ["attributes: no attribute 'reed'; did you mean 'red'?"]),
        ({"blue": 1}, ["attributes: no attribute 'blue'; there are cat, dog, owl, red"]),
        ({"red": 255}, ["attributes.red: takes a number from 0 to 1, got 255"]),
        ({"red": True}, ["attributes.red: takes a number from 0 to 1, got True"]),
        (
            {"red": "much", "reed": 1},
            ["attributes: no attribute 'reed'", "attributes.red: takes a number"],
        ),
        ("red", ["attributes: takes numbers by name, for example {red: 1}, got 'red'"]),
    ],
)
def test_refusals(given: Any, said: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        filled(given, ANIMALS, 2)
    assert len(caught.value.problems) == len(said)
    assert all(line.startswith(start) for line, start in zip(caught.value.problems, said, strict=True))
