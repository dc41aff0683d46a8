"""The fit stage: Lightning's limits in minibatches, and stopping without checkpoints."""

import signal
from pathlib import Path

import pytest
import torch
from training import TINY, composed, same, trained, weights

from aelab.assemble import assemble
from aelab.fitting import fit
from aelab.interrupt import Interrupted
from aelab.stage.descent import OURS, val_rows
from aelab.training import Training

DIM = composed().model.latent.dim


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({}, 100),
        ({"limit_val_batches": 1.0}, 100),
        ({"limit_val_batches": 0}, 0),
        ({"limit_val_batches": 0.0}, 0),
        ({"limit_val_batches": 3}, 48),
        ({"limit_val_batches": 0.5}, 48),  # of 7 minibatches, 3
        ({"limit_val_batches": 50}, 100),
        ({"fast_dev_run": 2}, 32),
    ],
)
def test_validation_rows_of_100_in_minibatches_of_16(settings: dict, rows: int) -> None:
    assert val_rows(100, 16, settings) == rows


def test_every_trainer_setting_is_ours_or_lightnings() -> None:
    from inspect import signature

    import pytorch_lightning as pl

    lightnings = set(signature(pl.Trainer).parameters)
    assert OURS - {"_target_"} <= lightnings
    assert set(composed().trainer) - {"_target_"} <= lightnings
    # two are groups of their own, the rest can be set
    assert lightnings - set(composed().trainer) == {"logger", "callbacks"}


def test_nothing_to_train_is_no_error(tmp_path: Path) -> None:
    job = trained(tmp_path / "a", "model=identity", tiny=[text for text in TINY if "widths" not in text])
    assert not list(job.system.parameters())
    untrained = trained(tmp_path / "b", "trainer.limit_train_batches=0").system
    kept = weights(tmp_path / "b")
    assert same(kept, {f"system.{name}": value for name, value in untrained.state_dict().items()})


def test_without_checkpoints_nothing_is_written_and_stopping_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "a", "trainer.enable_checkpointing=false")
    assert not (tmp_path / "a" / "checkpoints").exists()
    make = Training.step

    def stopping(self: Training):
        self.interrupt.asked = signal.SIGINT
        return make(self)

    monkeypatch.setattr(Training, "step", stopping)
    with pytest.raises(Interrupted) as caught:
        trained(tmp_path / "b", "callback=none")
    assert caught.value.status == 130


def test_validation_does_not_change_the_training(tmp_path: Path) -> None:
    noisy = ["corruption=gaussian", "model.dropout=0.3", "callback.checkpoint.monitor=null"]
    trained(tmp_path / "with", *noisy, "trainer.check_val_every_n_epoch=1")
    trained(tmp_path / "without", *noisy, "trainer.limit_val_batches=0")
    assert same(weights(tmp_path / "with"), weights(tmp_path / "without"))


def test_codes_that_are_not_drawn_train_the_mean_as_a_plain_autoencoders(tmp_path: Path) -> None:
    """With the weights of the mean, the squared error's training is that of a code without noise."""
    drawn, still = ["model/latent=gaussian", "reuse=false"], "recipe.train.drawn=false"
    begun = assemble(composed(*drawn), tmp_path / "z").system.model.state_dict()
    done = trained(tmp_path / "a", *drawn, still).system.model.state_dict()
    last = [name for name in done if name.startswith("encoder") and len(done[name]) == 2 * DIM]
    assert len(last) == 2  # the weight and the bias of (μ, log σ²)
    for name in last:
        assert not torch.equal(done[name][:DIM], begun[name][:DIM])
        assert torch.equal(done[name][DIM:], begun[name][DIM:])
    plain = composed("reuse=false")
    job = assemble(plain, tmp_path / "b")
    job.system.model.load_state_dict({n: v[:DIM] if n in last else v for n, v in begun.items()})
    fit(plain, job, tmp_path / "b")
    for name, value in job.system.model.state_dict().items():
        torch.testing.assert_close(value, done[name][:DIM] if name in last else done[name])
    trained(tmp_path / "c", *drawn)
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))
