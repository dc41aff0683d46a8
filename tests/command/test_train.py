"""Training: the folder it leaves, what it says, and how it ends."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from aelab.command.train import discard
from aelab.errors import Diverged
from aelab.files import folder_name
from aelab.history import read

Train = Callable[..., Path]


def test_results(train: Train) -> None:
    folder = train("seed=3", "trainer.max_epochs=2")
    results = json.loads((folder / "results.json").read_text())
    assert results["status"] == "completed"
    assert results["overrides"] == ["seed=3", "trainer.max_epochs=2"]
    assert (results["seed"], results["epochs"], results["device"]) == (3, 2, "cpu")
    assert results["precision"] == "32-true" and results["parameters"] == 33_474 and results["seconds"] > 0
    assert {"python", "aelab", "torch", "pytorch-lightning"} <= results["versions"].keys()
    assert set(results["metrics"]) == {
        f"{split}/{name}" for split in ("val", "test") for name in ("loss", "mse", "sse")
    }
    assert results["metrics"]["test/sse"] == pytest.approx(64 * results["metrics"]["test/mse"], rel=1e-6)
    assert json.loads((folder / "status.json").read_text())["status"] == "completed"


def test_history_has_a_row_an_epoch(train: Train) -> None:
    folder = train("trainer.max_epochs=3", "trainer.check_val_every_n_epoch=1", "loss=[mse,weight_decay]")
    rows = read(folder / "metrics.csv")
    assert [(row["stage"], row["epoch"], row["step"]) for row in rows] == [
        ("train", i, 2 * i) for i in (1, 2, 3)
    ]
    for row in rows:
        parts = row["train/loss.mse"] + 1e-4 * row["train/loss.weight_decay"]
        assert row["train/loss"] == pytest.approx(parts, rel=1e-6)
        assert {"val/loss", "val/mse"} <= row.keys()


def test_final_metrics_are_of_the_best_weights(digits_run: Path) -> None:
    rows = read(digits_run / "metrics.csv")
    metrics = json.loads((digits_run / "results.json").read_text())["metrics"]
    assert metrics["val/loss"] == max(row["val/loss"] for row in rows)  # its best is the largest
    assert metrics["val/loss"] != rows[-1]["val/loss"]


def test_checkpoints_hold_no_code(digits_run: Path) -> None:
    for name in ("best", "last"):
        saved = torch.load(digits_run / "checkpoints" / f"{name}.ckpt", weights_only=True)
        assert saved["state_dict"] and saved["aelab"]["stage"] == "train"


def test_the_kept_config_is_resolved_and_finds_its_files(vectors_run: Path) -> None:
    path = vectors_run / ".hydra" / "config.yaml"
    assert "${" not in path.read_text()
    dataset = OmegaConf.load(path).dataset
    assert Path(dataset.root).is_absolute() and Path(dataset.file).is_file()


def test_same_seed_same_weights(train: Train, tmp_path: Path) -> None:
    def weights(*overrides: str) -> dict[str, torch.Tensor]:
        folder = train(*overrides)
        state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        folder.rename(tmp_path / "-".join(["done", *overrides, str(len(list(tmp_path.iterdir())))]))
        return state

    first, again, other = weights("seed=1"), weights("seed=1"), weights("seed=2")
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_loggers_get_the_curves(train: Train) -> None:
    folder = train("logger=[tensorboard,csv]", "trainer.max_epochs=2", "trainer.check_val_every_n_epoch=1")
    with (folder / "csv" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    own = read(folder / "metrics.csv")
    assert {float(row["train/loss"]) for row in rows if row["train/loss"]} == {
        row["train/loss"] for row in own
    }
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("train/loss")] == [2, 4]
    assert [event.value for event in events.Scalars("val/mse")] == pytest.approx(
        [row["val/mse"] for row in own]
    )


def test_divergence_is_a_failed_run(train: Train, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match=r"loss\.mse became NaN or infinite in stage 'train', epoch 1, step 2"):
        train("optimizer.lr=1e30")
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["status"] == "failed" and "loss.mse became NaN or infinite" in status["why"]
    assert not (tmp_path / "run" / "results.json").exists()


def test_a_leftover_setting_is_dropped_with_a_notice(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    train("+loss.l1.weight=2")
    assert "loss.l1: not selected, its settings (weight) are dropped" in capsys.readouterr().err


def test_a_baseline_of_another_shape_than_the_input_is_left_out_with_a_notice(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    small = (
        "corruption=downsample",
        "corruption.downsample.enlarge=none",
        "corruption.downsample.always=true",
    )
    folder = train(*small, "baseline=[pca,nmf]", "figure=[reconstructions,latent_map]")
    said = "baseline: pca, nmf would learn from [1, 8, 8] and be given [1, 4, 4]; left out"
    assert said in capsys.readouterr().err
    assert "baseline: {}" in (folder / ".hydra" / "config.yaml").read_text()  # for `aelab draw`
    assert {path.stem for path in folder.glob("figures/*")} == {"reconstructions", "latent_map"}


def test_the_log_has_what_the_terminal_has_not(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    log = (train() / "aelab.log").read_text()
    assert "train: epoch 1/1, step 2" in log
    assert "epoch 1/1" not in capsys.readouterr().err


def test_overrides_may_refer_to_each_other(
    aelab: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    refers = "model.widths=[${model.latent.dim}]"
    status, _, err = aelab("trainer=debug", "model.latent.dim=3", refers, "figure=none", "logger=none")
    assert status == 0, err
    (folder,) = tmp_path.glob("outputs/*/*")
    assert json.loads((folder / "results.json").read_text())["overrides"][2] == refers
    assert OmegaConf.load(folder / ".hydra" / "config.yaml").model.widths == [3]


def test_discard_stops_at_what_is_not_empty(tmp_path: Path) -> None:
    run = tmp_path / "outputs" / "day" / "run"
    run.mkdir(parents=True)
    (tmp_path / "outputs" / "other").mkdir()
    discard(run)
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["other"]


def test_folders_are_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_name(tmp_path / "outputs" / "run") == "outputs/run"
    assert folder_name(Path("/elsewhere/run")) == "/elsewhere/run"


def test_resuming_a_finished_run_says_that_nothing_was_left(
    aelab: Callable[..., tuple[int, str, str]], digits_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    said = "run: has 3 epochs, nothing was left to train\n"
    for setting in ([], ["trainer.max_epochs=2"]):
        status, out, err = aelab("resume", "run=run", *setting)
        assert status == 0 and err.endswith(said) and "test/mse" in out
    status, _, err = aelab("resume", "run=run", "trainer.max_epochs=4")
    assert status == 0 and "nothing was left" not in err
