"""The plan of a stage: minibatches counted as Lightning and a DataLoader count them, each taken once."""

import random
import warnings
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from aelab.plan import VISIT, Chunks, Plan, Position, count, plan

EPOCHS: dict[str, Any] = {"max_epochs": 3, "max_steps": -1}


@pytest.mark.parametrize(
    ("rows", "batch_size"), [(12, 4), (13, 4), (11, 4), (4, 4), (3, 4), (1, 1), (5, 1), (100, 7)]
)
def test_minibatches_are_those_of_a_data_loader(rows: int, batch_size: int) -> None:
    """N divisible by the batch, and not."""
    sizes = [len(batch) for batch in DataLoader(range(rows), batch_size)]  # type: ignore[arg-type]
    p = plan(rows, batch_size, EPOCHS)
    assert (p.epoch, p.total, p.epochs, p.rows) == (len(sizes), 3 * len(sizes), 3, rows)
    assert [p.size(position) for position in range(p.total)] == 3 * sizes
    assert all(p.size(position) > 0 for position in range(p.total))  # no empty last slice


class Counting(pl.LightningModule):
    """Counts Lightning's own training steps, epoch by epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.counts = nn.Linear(1, 1), []

    def on_train_epoch_start(self) -> None:
        self.counts.append(0)

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        self.counts[-1] += 1
        return self.net(batch).sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_epochs": 2},
        {"max_epochs": 2, "limit_train_batches": 3},
        {"max_epochs": 2, "limit_train_batches": 99},
        {"max_epochs": 2, "limit_train_batches": 1},
        {"max_epochs": 2, "limit_train_batches": 1.0},
        {"max_epochs": 2, "limit_train_batches": 0.5},
        {"max_epochs": 2, "limit_train_batches": 0.34},
        {"max_epochs": 2, "overfit_batches": 2},
        {"max_epochs": 2, "overfit_batches": 0.5},
        {"max_epochs": 2, "overfit_batches": 0.0},
        {"max_epochs": 9, "max_steps": 16},
        {"max_epochs": -1, "max_steps": 16},
        {"max_epochs": 1, "max_steps": 16},
        {"max_epochs": 3, "max_steps": 5, "limit_train_batches": 2},
        {"max_epochs": 9, "fast_dev_run": True},
        {"max_epochs": 9, "fast_dev_run": 3},
        {"max_epochs": 0},
        {"max_epochs": 2, "limit_train_batches": 0},
        {"max_epochs": 2, "limit_train_batches": 0.0},
    ],
    ids=str,
)
def test_counts_as_lightning_does(settings: dict[str, Any]) -> None:
    """Of 7 minibatches, the last smaller."""
    module, quiet = Counting(), {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have workers
        trainer = pl.Trainer(accelerator="cpu", enable_model_summary=False, **quiet, **settings)
        trainer.fit(module, DataLoader(torch.zeros(20, 1), 3))  # type: ignore[arg-type]
    p = plan(20, 3, settings)
    assert p.total == sum(module.counts) and p.epochs == len(module.counts)
    assert p.total == 0 or p.epoch == module.counts[0]


@pytest.mark.parametrize(
    ("limit", "of", "expected"), [(3, 7, 3), (0.5, 7, 3), (1.0, 7, 7), (1, 7, 1), (0.01, 7, 1), (0.25, 8, 2)]
)
def test_a_float_is_a_fraction_and_an_int_a_number(limit: float, of: int, expected: int) -> None:
    assert count(limit, of) == expected


@pytest.mark.parametrize(
    "settings", [{}, {"max_epochs": -1, "max_steps": -1}, {"max_epochs": None}, {"max_steps": -1}]
)
def test_an_endless_stage_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        plan(20, 3, settings)
    assert str(caught.value) == "trainer.max_epochs and trainer.max_steps are both unlimited; set one of them"


@pytest.mark.parametrize("every", [1, 2, 5])
def test_check_val_every_n_epoch_fixes_the_pauses(every: int) -> None:
    p = plan(20, 3, {"max_epochs": 12, "check_val_every_n_epoch": every})
    pauses, position = [], 0
    while position < p.total:
        assert p.pause(position) > position
        position = p.pause(position)
        pauses.append(position)
    assert pauses == [*range(7 * every, 84, 7 * every), 84]


@pytest.mark.parametrize("rows", [1, 10, 100, 249, 250, 251, 1000])
def test_left_alone_it_pauses_at_ends_of_epochs_about_every_visit(rows: int) -> None:
    p = plan(rows, 1, {"max_epochs": 10_000})
    assert p.visit % p.epoch == 0
    assert VISIT <= p.visit < VISIT + p.epoch or p.visit == p.epoch >= VISIT


def test_a_pause_lies_ahead_and_never_behind_the_end() -> None:
    p = plan(20, 3, {"max_epochs": 5, "max_steps": 31, "check_val_every_n_epoch": 2})
    assert [p.pause(position) for position in (0, 13, 14, 27, 28, 30)] == [14, 14, 28, 28, 31, 31]
    assert p.epochs == 5 and p.pause(31) == 31


@pytest.mark.parametrize("accumulate", [1, 2, 3, 7, 10])
def test_gradients_are_added_up_within_an_epoch(accumulate: int) -> None:
    """An epoch's last step takes what is left, and so does the stage's."""
    p = plan(20, 3, {"max_epochs": 9, "max_steps": 17, "accumulate_grad_batches": accumulate})
    minibatches, expected = list(range(1, 18)), []
    for epoch in (minibatches[:7], minibatches[7:14], minibatches[14:]):
        expected += [epoch[i : i + accumulate][-1] for i in range(0, len(epoch), accumulate)]
    assert [done for done in minibatches if p.ends_step(done)] == expected


@pytest.mark.parametrize(("rows", "world_size"), [(40, 2), (41, 2), (100, 3)])
def test_processes_share_the_rows_evenly(rows: int, world_size: int) -> None:
    p = plan(rows, 4, EPOCHS, world_size)
    assert p.rows == rows // world_size and p.epoch == -(-p.rows // 4)
    assert sum(p.size(position) for position in range(p.epoch)) == p.rows


PLANS = [
    plan(20, 3, {"max_epochs": 5, "check_val_every_n_epoch": 2}),
    plan(21, 3, {"max_epochs": 4, "check_val_every_n_epoch": 1}),
    plan(20, 3, {"max_epochs": 100, "max_steps": 650}),
    plan(100, 7, {"max_epochs": 3, "limit_train_batches": 0.5}),
    plan(5, 8, {"max_epochs": 7, "check_val_every_n_epoch": 3}),
]


def visits(p: Plan, position: Position, seed: int) -> list[list[tuple[int, int]]]:
    """What Lightning's loop would be given, epoch by epoch of its own, with chunks of any size."""
    chunks, draw, taken = Chunks(p, position), random.Random(seed), []
    while position.value < p.total:
        taken.append([])
        for start, stop in chunks:
            assert start == position.value < stop
            taken[-1].append((start, stop))
            position.value = stop
            chunks.adapt(stop - start, draw.choice([1e-9, 0.01, 0.3, 10.0, 1e9]))
            assert chunks.size >= 1
        assert taken[-1]  # Lightning would wait for ever
    assert list(chunks) == []
    return taken


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("p", PLANS, ids=lambda p: f"{p.epoch}x{p.epochs}")
def test_chunks_take_every_minibatch_once_and_stop_at_pauses(p: Plan, seed: int) -> None:
    taken = visits(p, Position(), seed)
    flat = [position for visit in taken for start, stop in visit for position in range(start, stop)]
    assert flat == list(range(p.total))
    assert [visit[-1][1] for visit in taken] == [*range(p.visit, p.total, p.visit), p.total]
    assert sum(p.size(position) for position in flat[: p.epoch]) == p.rows


@pytest.mark.parametrize("start", [1, 6, 7, 13, 14, 34])
def test_chunks_go_on_from_any_position(start: int) -> None:
    p = PLANS[0]
    flat = [n for visit in visits(p, Position(start), 0) for one in visit for n in range(*one)]
    assert flat == list(range(start, p.total))


def test_chunks_grow_and_shrink_towards_their_time() -> None:
    chunks = Chunks(plan(10_000, 1, {"max_epochs": 10}), Position())
    for _ in range(20):
        chunks.adapt(chunks.size, chunks.size * 1e-3)  # a millisecond a minibatch
    assert chunks.size == pytest.approx(250, abs=1)
    chunks.adapt(chunks.size, 250.0)  # now a second each
    assert chunks.size == 1
    before = chunks.size
    chunks.adapt(1, 1e-9)
    assert before < chunks.size <= 4 * before  # not all at once: one fast step is no proof
