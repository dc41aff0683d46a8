"""Training: the steps are those of a hand-written loop, and how they are grouped changes nothing."""

import csv
from pathlib import Path

import pytest
import torch
from training import same, trained, weights

from aelab.baseline.pca import PCA
from aelab.baseline.side import Beside
from aelab.errors import Diverged
from aelab.plan import Chunks
from aelab.seed import derive


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_equals_a_hand_written_loop(tmp_path: Path) -> None:
    job = trained(tmp_path / "run", "callback.checkpoint.monitor=null")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(64, 12), torch.nn.ReLU(), torch.nn.Linear(12, 2),
        torch.nn.Linear(2, 12), torch.nn.ReLU(), torch.nn.Linear(12, 64),
    )  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    dataset = job.system.dataset
    x = dataset.gather(dataset.splits["train"])[0].flatten(1)
    for epoch in range(3):
        generator = torch.Generator().manual_seed(derive(0, "train", "order") + epoch)
        for batch in x[torch.randperm(100, generator=generator)].split(16):
            optimizer.zero_grad()
            (net(batch) - batch).square().sum(1).mean().backward()
            optimizer.step()
    found = [p for name, p in job.system.state_dict().items() if "weight" in name or "bias" in name]
    for ours, theirs in zip(found, net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_size_of_chunks_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    settings = [f"trainer.precision={precision}", "corruption=gaussian", "model.dropout=0.2"]
    for size in (1, 3, 50):
        monkeypatch.setattr(Chunks, "adapt", lambda self, *_, size=size: setattr(self, "size", size))
        trained(tmp_path / str(size), *settings)
    assert same(weights(tmp_path / "1"), weights(tmp_path / "3"))
    assert same(weights(tmp_path / "1"), weights(tmp_path / "50"))
    assert rows(tmp_path / "1") == rows(tmp_path / "3") == rows(tmp_path / "50")


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed"])
def test_half_precision_is_for_training_alone(precision: str, tmp_path: Path) -> None:
    """Scores, baselines and figures have the weights of the checkpoint as `aelab evaluate` has them."""
    system = trained(tmp_path, f"trainer.precision={precision}").system
    assert {value.dtype for value in system.state_dict().values()} == {torch.float32}
    saved = weights(tmp_path)
    assert all(value.equal(saved[f"system.{name}"].float()) for name, value in system.state_dict().items())
    assert "x_hat" in Beside(PCA(2.0), system).trace("test", 3)


def test_accumulated_gradients_are_those_of_the_larger_batch(tmp_path: Path) -> None:
    data = ["dataset.limit=96", "optimizer=sgd"]
    trained(tmp_path / "large", *data, "dataset.batch_size=32")
    trained(tmp_path / "small", *data, "dataset.batch_size=8", "trainer.accumulate_grad_batches=4")
    small = weights(tmp_path / "small")
    for name, value in weights(tmp_path / "large").items():
        torch.testing.assert_close(value, small[name], rtol=1e-4, atol=1e-6)


def test_clipping_bounds_the_step(tmp_path: Path) -> None:
    one_step = ["optimizer=sgd", "optimizer.momentum=0", "optimizer.lr=1", "trainer.max_steps=1"]
    free = trained(tmp_path / "0", *one_step, "trainer.max_steps=0").system.state_dict()
    before = {name: value.clone() for name, value in free.items()}
    after = trained(tmp_path / "1", *one_step, "trainer.gradient_clip_val=0.01").system.state_dict()
    moved = torch.cat([(after[name] - before[name]).flatten() for name in before])
    assert moved.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_history_has_a_row_an_epoch_and_validates_at_pauses(tmp_path: Path) -> None:
    trained(tmp_path / "a")
    table = rows(tmp_path / "a")
    assert [(row["stage"], row["epoch"], row["step"]) for row in table] == [
        ("train", "1", "7"), ("train", "2", "14"), ("train", "3", "21"),
    ]  # fmt: skip
    assert [bool(row["val/loss"]) for row in table] == [False, False, True]
    trained(tmp_path / "b", "trainer.check_val_every_n_epoch=1")
    assert all(row["val/loss"] for row in rows(tmp_path / "b"))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))


def test_reported_loss_is_the_mean_over_samples(tmp_path: Path) -> None:
    """With a rate of 0 every minibatch sees the first weights, so the epoch's loss is the data's."""
    job = trained(tmp_path, "optimizer.lr=0", "trainer.max_epochs=1")
    x = job.system.dataset.gather(job.system.dataset.splits["train"])[0]
    loss = (job.system(x).x_hat - x).square().flatten(1).sum(1).mean()
    assert float(rows(tmp_path)[0]["train/loss"]) == pytest.approx(loss.item(), rel=1e-6)


def test_scheduled_rate_and_weight(tmp_path: Path) -> None:
    linear = "{_target_: aelab.schedule.Linear, start: 0.01, end: 0.0}"
    job = trained(tmp_path, f"optimizer.lr={linear}", f"loss.mse.weight={linear}")
    rates = [float(row["lr"]) for row in rows(tmp_path)]
    assert rates == pytest.approx([0.01 * (1 - step / 21) for step in (6, 13, 20)])
    job.system.clock.set(1.0)
    assert job.system.objective.terms["mse"].weight == 0.0


def test_limits_are_minibatches(tmp_path: Path) -> None:
    trained(tmp_path / "a", "trainer.limit_train_batches=2")
    assert [row["step"] for row in rows(tmp_path / "a")] == ["2", "4", "6"]
    trained(tmp_path / "b", "trainer.max_steps=10")
    assert [row["step"] for row in rows(tmp_path / "b")] == ["7", "10"]
    trained(tmp_path / "c", "trainer=debug")
    assert [row["step"] for row in rows(tmp_path / "c")] == ["3"]


def test_early_stopping_stops(tmp_path: Path) -> None:
    trained(
        tmp_path,
        "callback=[checkpoint,early_stopping]",
        "callback.early_stopping.patience=2",
        "callback.early_stopping.min_delta=1000",
        "trainer.check_val_every_n_epoch=1",
        "trainer.max_epochs=50",
    )
    assert len(rows(tmp_path)) == 3  # the first validation, and two that were no better by 1000


def test_best_is_the_best_by_validation(tmp_path: Path) -> None:
    trained(tmp_path, "trainer.check_val_every_n_epoch=1", "optimizer.lr=0.5", "trainer.max_epochs=8")
    scores = [float(row["val/loss"]) for row in rows(tmp_path)]
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["score"] == min(scores)
    assert best["aelab"]["position"] == 7 * (1 + scores.index(min(scores)))


def test_a_loss_that_diverges_is_named(tmp_path: Path) -> None:
    trained(tmp_path, "trainer.max_epochs=1")
    good = weights(tmp_path)
    with pytest.raises(
        Diverged, match=r"loss\.mse became NaN or infinite in stage 'train', epoch \d, step \d+"
    ):
        trained(tmp_path, "optimizer.lr=1e30", "trainer.max_epochs=3", resume=True)
    assert same(good, weights(tmp_path))
