"""The rows shown spread over the classes."""

import torch

from aelab.figure.pick import POOL, pick


def labels(dataset, positions):
    return dataset.rows.y[dataset.splits["test"]][positions].tolist()


def test_every_class_before_any_twice(memory):
    dataset = memory(n=200, classes=4)
    assert labels(dataset, pick(dataset, "test", 4)) == [0, 1, 2, 3]
    ten = labels(dataset, pick(dataset, "test", 10))
    assert ten == sorted(ten)
    assert sorted(ten.count(label) for label in range(4)) == [2, 2, 3, 3]


def test_the_first_of_each_class(memory):
    dataset = memory(n=200, classes=4)
    y = dataset.rows.y[dataset.splits["test"]]
    assert pick(dataset, "test", 4) == [int((y == label).nonzero()[0]) for label in range(4)]


def test_without_labels_the_first_rows_and_never_more_than_there_are(memory):
    dataset = memory(n=60, classes=0)
    assert pick(dataset, "test", 5) == [0, 1, 2, 3, 4]
    assert pick(dataset, "test", 500) == list(range(12))


def test_rows_far_into_a_split_are_not_touched(memory):
    dataset = memory(shape=(2,), n=3000, classes=2)
    # class 1 begins behind the pool
    dataset.rows.y[dataset.splits["test"]] = torch.arange(600).ge(POOL).long()
    assert labels(dataset, pick(dataset, "test", 6)) == [0] * 6
