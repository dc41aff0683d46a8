"""Splits: the same for everyone, without overlap, with all classes in proportion."""

import torch
from torch import Tensor

from aelab.dataset.rows import Rows
from aelab.dataset.split import hold_out, some, standard


def rows(n: int, **own: int) -> Rows:
    return Rows(torch.arange(n, dtype=torch.float32)[:, None], **own)  # type: ignore[arg-type]


def together(splits: dict[str, Tensor]) -> list[int]:
    return sorted(torch.cat(list(splits.values())).tolist())


def test_fractions_of_all_rows_without_overlap() -> None:
    splits = standard(rows(101), val_fraction=0.1, test_fraction=0.2, seed=0)
    assert {name: len(part) for name, part in splits.items()} == {"train": 73, "val": 8, "test": 20}
    assert together(splits) == list(range(101))


def test_same_seed_same_split_and_another_seed_another() -> None:
    first, again, other = (standard(rows(50), 0.2, 0.2, seed) for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["test"], other["test"])


def test_every_class_is_held_out_in_proportion() -> None:
    y = torch.tensor([0] * 600 + [1] * 300 + [2] * 100)
    kept, held = hold_out(torch.arange(1000), 0.1, y, seed=0)
    assert y[held].bincount().tolist() == [60, 30, 10]
    assert y[kept].bincount().tolist() == [540, 270, 90]


def test_rows_of_a_class_are_drawn_not_the_first_ones() -> None:
    _, held = hold_out(torch.arange(1000), 0.1, torch.arange(1000) // 500, seed=0)
    gaps = held.diff()
    assert gaps.min() < 10 < gaps.max()  # every tenth would have equal gaps


def test_unlabelled_rows_are_held_out_like_a_class() -> None:
    y = torch.tensor([-1] * 900 + [0] * 50 + [1] * 50)
    _, held = hold_out(torch.arange(1000), 0.2, y, seed=0)
    assert (y[held] + 1).bincount().tolist() == [180, 10, 10]


def test_own_test_rows_are_the_test_split_and_validation_comes_from_the_rest() -> None:
    splits = standard(rows(50, test=40), val_fraction=0.25, test_fraction=0.9, seed=0)
    assert splits["test"].tolist() == list(range(40, 50))
    assert len(splits["val"]) == 10
    assert splits["val"].max() < 40
    assert together(splits) == list(range(50))


def test_own_validation_rows_are_the_validation_split() -> None:
    splits = standard(rows(50, val=30, test=40), val_fraction=0.25, test_fraction=0.9, seed=0)
    assert {name: part.tolist() for name, part in splits.items()} == {
        "train": list(range(30)),
        "val": list(range(30, 40)),
        "test": list(range(40, 50)),
    }


def test_the_first_held_out_rows_of_a_sorted_source_are_of_all_its_classes() -> None:
    y = torch.arange(1000) // 250
    splits = standard(Rows(torch.zeros(1000, 1), y=y), 0.2, 0.2, seed=0)
    for name in ("val", "test"):
        assert y[splits[name][:40]].bincount(minlength=4).min() >= 4


def test_an_empty_split_is_left_out() -> None:
    assert standard(rows(10), 0, 0, seed=0).keys() == {"train"}


def test_some_keeps_order_and_draws_from_everywhere() -> None:
    picked = some(torch.arange(1000), 50, seed=0)
    assert len(picked) == len(set(picked.tolist())) == 50
    assert picked.diff().min() > 0
    assert picked.max() > 800  # the first 50 would end at 49
    assert some(torch.arange(5), 50, seed=0).tolist() == list(range(5))
