"""Runs of several stages: stopped, killed or extended anywhere, they end as if nothing had happened."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from training import composed, same

from aelab.assemble import assemble
from aelab.compatible import unmonitored
from aelab.errors import UserError
from aelab.evaluation import score
from aelab.fitting import fit, model_maker
from aelab.interrupt import Interrupted
from aelab.plan import Chunks
from aelab.stage.record import Record
from aelab.training import Training

SMALL = [
    "name=test",
    "dataset.limit=60",
    "dataset.batch_size=16",
    "model.widths=[6]",
    "model.dropout=0.2",
    "model.batch_norm=true",
    "corruption=masking",
    "optimizer.lr={_target_: aelab.schedule.Cosine, start: 0.01, end: 0.0}",
    "trainer=cpu",
    "trainer.check_val_every_n_epoch=1",
    "trainer.max_epochs=3",
    "logger=none",
    "figure=none",
    "baseline=none",
]
"""4 minibatches an epoch, 12 a training; everything that draws or remembers."""

TRAININGS = {
    "layerwise": ["pretrain.1", "pretrain.2", "train"],
    "finetuned": ["train", "finetune", "finetune.scratch"],
    "layerwise_finetuned": ["pretrain.1", "pretrain.2", "finetune", "finetune.scratch"],
}

Metrics = dict[str, float]


def run(
    folder: Path, recipe: str, *overrides: str, resume: bool = False, splits: Sequence[str] = ("val", "test")
) -> Metrics:
    """All that the run says in the end."""
    config = composed(f"recipe={recipe}", *overrides, tiny=SMALL)
    job = assemble(config, folder)
    _, learnt = fit(config, job, folder, resume)
    return score(job.system, splits) | learnt


def checkpoints(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Every weight of every checkpoint there is."""
    inside = folder / "checkpoints"
    return {
        str(path.relative_to(inside)): torch.load(path, weights_only=True)["state_dict"]
        for path in sorted(inside.rglob("*.ckpt"))
    }


def alike(a: Path, b: Path) -> None:
    """Two runs left the same, bit for bit."""
    ours, theirs = checkpoints(a), checkpoints(b)
    assert list(ours) == list(theirs)
    assert [name for name in ours if not same(ours[name], theirs[name])] == []
    for name in ("metrics.csv", "checkpoints/stages.json"):
        assert (a / name).read_text() == (b / name).read_text()


Whole = Callable[..., tuple[Path, Metrics]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """whole("layerwise"): the folder and the metrics of a run that nothing disturbed."""
    made: dict[Any, tuple[Path, Metrics]] = {}

    def make(recipe: str, *overrides: str) -> tuple[Path, Metrics]:
        if (recipe, *overrides) not in made:
            folder = tmp_path_factory.mktemp("whole")
            made[recipe, *overrides] = folder, run(folder, recipe, *overrides)
        return made[recipe, *overrides]

    return make


def stop(monkeypatch: pytest.MonkeyPatch, stage: str, at: int) -> None:
    """Ask a training to stop after so many minibatches, as Ctrl-C does."""
    make = Training.step

    def stopping(self: Training):
        step = make(self)

        def until(*batch) -> None:
            step(*batch)
            if self.stage == stage and self.position.value == at:
                self.interrupt.requested = signal.SIGTERM

        return until

    monkeypatch.setattr(Training, "step", stopping)


@pytest.mark.parametrize("at", [3, 8, 12])
@pytest.mark.parametrize(
    ("recipe", "stage"),
    [
        ("layerwise", "train"),
        ("finetuned", "train"),
        ("finetuned", "finetune"),
        *(("layerwise_finetuned", stage) for stage in TRAININGS["layerwise_finetuned"]),
    ],
)
def test_stopped_in_any_training(
    recipe: str, stage: str, at: int, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3: within an epoch; 8: at a pause; 12: at the training's end."""
    with monkeypatch.context() as patch:
        stop(patch, stage, at)
        with pytest.raises(Interrupted):
            run(tmp_path, recipe)
    monkeypatch.setattr(Chunks, "adapt", lambda self, *_: setattr(self, "size", 5))
    metrics = run(tmp_path, recipe, resume=True)
    folder, expected = whole(recipe)
    alike(folder, tmp_path)
    assert metrics == expected


@pytest.mark.parametrize("recipe", TRAININGS)
def test_each_training_is_in_metrics_and_in_stages(recipe: str, whole: Whole) -> None:
    folder, _ = whole(recipe)
    rows = [line.split(",")[:3] for line in (folder / "metrics.csv").read_text().splitlines()[1:]]
    assert rows == [[name, str(i), str(4 * i)] for name in TRAININGS[recipe] for i in (1, 2, 3)]
    stages = json.loads((folder / "checkpoints" / "stages.json").read_text())
    assert list(stages.items()) == [(name, 12) for name in TRAININGS[recipe]]


@pytest.mark.parametrize("recipe", TRAININGS)
def test_resuming_a_finished_run_changes_nothing(
    recipe: str, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, expected = whole(recipe)
    shutil.copytree(folder, tmp_path / "again")
    monkeypatch.setattr(Training, "step", None)  # no step may be made
    assert run(tmp_path / "again", recipe, resume=True) == expected
    alike(folder, tmp_path / "again")
    # nor where less is asked for than there is
    for epochs in (2, 0):
        assert run(tmp_path / "again", recipe, f"trainer.max_epochs={epochs}", resume=True) == expected


@pytest.mark.parametrize("recipe", TRAININGS)
def test_extended_run_equals_the_longer_one(recipe: str, whole: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    run(folder, recipe, "trainer.max_epochs=2", CONSTANT)
    metrics = run(folder, recipe, CONSTANT, resume=True)
    long, expected = whole(recipe, CONSTANT)
    alike(long, folder)
    assert metrics == expected


CONSTANT = "optimizer.lr=0.01"
"""A schedule would know how long it is meant to last."""


class Killed(BaseException):
    """The process is gone."""


WRITES = 8
"""Of stages.json in a run of four trainings: each begins and ends."""


@pytest.mark.parametrize(
    ("n", "before"), [*((n, True) for n in range(1, WRITES + 1)), (1, False), (4, False), (5, False)]
)
def test_killed_at_any_write_of_stages(
    n: int, before: bool, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a finished run is extended: the checkpoints of what is void by then lie about, or do not."""
    short, _ = whole("layerwise_finetuned", CONSTANT, "trainer.max_epochs=2")
    shutil.copytree(short, tmp_path / "run")
    write, done = Record.write, 0

    def killing(self: Record) -> None:
        nonlocal done
        done += 1
        if not (before and done == n):
            write(self)
        if done == n:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Record, "write", killing)
        with pytest.raises(Killed):
            run(tmp_path / "run", "layerwise_finetuned", CONSTANT, resume=True)
    metrics = run(tmp_path / "run", "layerwise_finetuned", CONSTANT, resume=True)
    long, expected = whole("layerwise_finetuned", CONSTANT)
    alike(long, tmp_path / "run")
    assert metrics == expected


def test_early_stopping_of_every_training_survives_an_interruption(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = [
        "callback=[checkpoint,early_stopping]",
        "callback.early_stopping.patience=1",
        "callback.early_stopping.min_delta=1000",
        "trainer.max_epochs=9",
    ]
    folder, expected = whole("layerwise_finetuned", *early)
    lines = (folder / "metrics.csv").read_text().splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [
        t for t in TRAININGS["layerwise_finetuned"] for _ in "12"
    ]
    with monkeypatch.context() as patch:
        stop(patch, "finetune", 8)  # where it stops early, too
        with pytest.raises(Interrupted):
            run(tmp_path, "layerwise_finetuned", *early)
    assert run(tmp_path, "layerwise_finetuned", *early, resume=True) == expected
    alike(folder, tmp_path)


def test_without_validation_rows_nothing_waits_for_their_loss(tmp_path: Path) -> None:
    every = ["dataset.split=all", "trainer.max_epochs=1"]
    config = composed("recipe=layerwise_finetuned", *every, tiny=SMALL)
    _, learnt = fit(config, assemble(config, tmp_path), tmp_path)
    assert set(learnt) == {"all/finetuned_error", "all/scratch_error"}
    assert not list((tmp_path / "checkpoints").rglob("best.ckpt"))


def test_what_stops_early_needs_validation_rows(tmp_path: Path) -> None:
    """Said in one line before training; a checkpoint is kept without."""
    early = ["callback=[checkpoint,early_stopping]", "trainer.max_epochs=1"]
    line = (
        "callback.early_stopping.monitor: 'val/loss' takes rows to validate on, and this run has none; "
        "train/loss is there without"
    )
    for recipe in ("single", "layerwise_finetuned"):
        for without in ("dataset.split=all", "dataset.val_fraction=0"):
            with pytest.raises(UserError) as caught:
                assemble(composed(f"recipe={recipe}", *early, without, tiny=SMALL), tmp_path)
            assert list(caught.value.problems) == [line]
    config = composed(*early, tiny=SMALL)
    job = assemble(config, tmp_path)
    callbacks = dict(zip(config.callback, job.callbacks, strict=True))
    assert list(unmonitored(callbacks, job.system, {"limit_val_batches": 0})) == [line]
    assert list(unmonitored(callbacks, job.system, config.trainer)) == []
    other = ["callback.early_stopping.monitor=train/loss", "callback.checkpoint.monitor=val/mse"]
    run(tmp_path, "single", *early, *other, "dataset.val_fraction=0.0", splits=["test"])


@pytest.mark.parametrize("recipe", TRAININGS)
def test_epochs_are_those_of_the_trainings_of_the_main_stage(recipe: str, tmp_path: Path) -> None:
    config = composed(f"recipe={recipe}", tiny=SMALL)
    epochs, _ = fit(config, assemble(config, tmp_path), tmp_path)
    assert epochs == (6 if recipe == "layerwise_finetuned" else 3)
    assert fit(config, assemble(config, tmp_path), tmp_path, resume=True)[0] == epochs


def test_untrained_models_are_of_the_seed_and_the_stage() -> None:
    def first(seed: int, stage: str | None) -> torch.Tensor:
        config = composed(f"seed={seed}", tiny=SMALL)
        job = assemble(config, Path())
        model = job.system.model if stage is None else model_maker(config, job, stage)()
        return next(model.parameters()).detach()

    found = [first(0, "a"), first(0, "b"), first(1, "a"), first(0, None), first(10_000, None)]
    assert torch.equal(found[0], first(0, "a"))
    for i, weight in enumerate(found):
        assert not any(torch.equal(weight, other) for other in found[:i])


def test_a_run_that_keeps_nothing_says_nothing_of_it(tmp_path: Path) -> None:
    for without in ("callback=none", "trainer.enable_checkpointing=false"):
        run(tmp_path / without, "layerwise_finetuned", without, "trainer.max_epochs=1")
        assert [path.name for path in (tmp_path / without).iterdir()] == ["metrics.csv"]


@pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`:UserWarning")
def test_going_on_without_checkpoints_makes_no_false_record(tmp_path: Path) -> None:
    """What was trained without leaving a checkpoint is trained again by the next who goes on."""
    run(tmp_path / "run", "finetuned", "trainer.max_epochs=2", CONSTANT)
    off = "trainer.enable_checkpointing=false"
    between = run(tmp_path / "run", "finetuned", CONSTANT, off, resume=True)
    after = run(tmp_path / "run", "finetuned", CONSTANT, resume=True)
    run(tmp_path / "long", "finetuned", CONSTANT)
    alike(tmp_path / "long", tmp_path / "run")
    assert between.keys() == after.keys()


def test_a_run_of_no_epochs_goes_on(tmp_path: Path) -> None:
    run(tmp_path / "run", "finetuned", "trainer.max_epochs=0", CONSTANT)
    run(tmp_path / "run", "finetuned", CONSTANT, resume=True)
    run(tmp_path / "long", "finetuned", CONSTANT)
    alike(tmp_path / "long", tmp_path / "run")


@pytest.mark.parametrize("recipe", ["closed_form", "rbm"])
def test_stages_without_steps_go_on_too(recipe: str, tmp_path: Path) -> None:
    suited = ["model.widths=[]", "model.dropout=0", "model.batch_norm=false", CONSTANT]
    sigmoids = ["model.latent.activation=sigmoid", "model.output_activation=sigmoid"]
    suited += [*sigmoids, "recipe.pretrain.batch_size=20"] if recipe == "rbm" else ["corruption=none"]
    first = run(tmp_path / "run", recipe, *suited, "trainer.max_epochs=2")
    assert run(tmp_path / "run", recipe, *suited, "trainer.max_epochs=2", resume=True) == first
    longer = run(tmp_path / "run", recipe, *suited, resume=True)
    assert longer == run(tmp_path / "long", recipe, *suited)
    assert (longer == first) == (recipe == "closed_form")
    ours, theirs = checkpoints(tmp_path / "run"), checkpoints(tmp_path / "long")
    assert list(ours) == list(theirs) and all(same(ours[name], theirs[name]) for name in ours)


def test_killed_in_the_second_stage(tmp_path: Path) -> None:
    """A real process, gone without a word."""
    folder, own = tmp_path / "run", [CONSTANT, "recipe.train.epochs=2", "recipe.finetune.scratch=false"]
    command = [sys.executable, "-m", "aelab", "recipe=finetuned", *SMALL, *own]
    command += ["trainer.max_epochs=100000", "callback.checkpoint.every_seconds=0.05"]
    last = folder / "checkpoints" / "finetune" / "last.ckpt"
    with subprocess.Popen([*command, f"hydra.run.dir={folder}"], stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not last.is_file() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    epochs = torch.load(last, weights_only=True)["aelab"]["position"] // 4 + 3
    own.append(f"trainer.max_epochs={epochs}")
    metrics = run(folder, "finetuned", *own, resume=True)
    assert metrics == run(tmp_path / "whole", "finetuned", *own)
    alike(tmp_path / "whole", folder)
