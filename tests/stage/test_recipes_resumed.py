"""Runs of several stages: stopped or extended anywhere, they end as if nothing had happened."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from stage.recipes import CONSTANT, TRAININGS, Metrics, alike, checkpoints, run
from training import same

from aelab.interrupt import Interrupted
from aelab.plan import Chunks
from aelab.training import Training

Whole = Callable[..., tuple[Path, Metrics]]


def stop(monkeypatch: pytest.MonkeyPatch, stage: str, at: int) -> None:
    """Ask a training to stop after so many minibatches, as Ctrl-C does."""
    make = Training.step

    def stopping(self: Training):
        step = make(self)

        def until(*batch) -> None:
            step(*batch)
            if self.stage == stage and self.position.value == at:
                self.interrupt.asked = signal.SIGTERM

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
        *(("coupled", stage) for stage in TRAININGS["coupled"]),
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
