"""Runs of several stages: the trainings they are made of, what these leave, and what they wait for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from stage.recipes import SMALL, SUITED, TRAININGS, Metrics, run
from training import composed

from aelab.assemble import assemble
from aelab.compatible import unmonitored
from aelab.errors import UserError
from aelab.fitting import fit, model_maker

Whole = Callable[..., tuple[Path, Metrics]]


@pytest.mark.parametrize("recipe", TRAININGS)
def test_each_training_is_in_metrics_and_in_stages(recipe: str, whole: Whole) -> None:
    folder, _ = whole(recipe)
    rows = [line.split(",")[:3] for line in (folder / "metrics.csv").read_text().splitlines()[1:]]
    assert rows == [[name, str(i), str(4 * i)] for name in TRAININGS[recipe] for i in (1, 2, 3)]
    stages = json.loads((folder / "checkpoints" / "stages.json").read_text())
    assert list(stages.items()) == [(name, 12) for name in TRAININGS[recipe]]


@pytest.mark.parametrize("recipe", TRAININGS)
def test_epochs_are_those_of_the_trainings_of_the_main_stage(recipe: str, tmp_path: Path) -> None:
    config = composed(f"recipe={recipe}", *SUITED.get(recipe, []), tiny=SMALL)
    epochs = fit(config, assemble(config, tmp_path), tmp_path).epochs
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


def test_without_validation_rows_nothing_waits_for_their_loss(tmp_path: Path) -> None:
    every = ["dataset.split=all", "trainer.max_epochs=1"]
    config = composed("recipe=layerwise_finetuned", *every, tiny=SMALL)
    learnt = fit(config, assemble(config, tmp_path), tmp_path).metrics
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


def test_a_run_that_keeps_nothing_says_nothing_of_it(tmp_path: Path) -> None:
    for without in ("callback=none", "trainer.enable_checkpointing=false"):
        run(tmp_path / without, "layerwise_finetuned", without, "trainer.max_epochs=1")
        assert [path.name for path in (tmp_path / without).iterdir()] == ["metrics.csv"]
