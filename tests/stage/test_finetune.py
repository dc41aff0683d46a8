"""Fine-tuning: a classifier beside the autoencoder, against the same net from random weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from training import TINY, composed, same, trained, weights

from aelab.assemble import Job, assemble
from aelab.dataset.dataset import Dataset
from aelab.files import read_json
from aelab.fitting import fit
from aelab.history import read
from aelab.stage import finetune
from aelab.stage.finetune import Finetune, labelled
from aelab.system import System

NET = ["model.latent.dim=6", "optimizer.lr=0.01", "trainer.check_val_every_n_epoch=1"]


def finetuned(folder: Path, *overrides: str, tiny: list[str] = TINY) -> tuple[Job, dict[str, float]]:
    """The job, and the errors that the stage found."""
    config = composed("recipe=finetuned", *NET, *overrides, tiny=tiny)
    job = assemble(config, folder)
    return job, fit(config, job, folder)[1]


Seen = dict[str, dict[str, Any]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The system of each training, and its weights as they were before."""
    found: Seen = {}
    train = finetune.descend

    def watching(work, system: System, name: str, *rest, **more) -> None:
        before = {key: value.clone() for key, value in system.state_dict().items()}
        found[name] = {"system": system, "before": before}
        train(work, system, name, *rest, **more)

    monkeypatch.setattr(finetune, "descend", watching)
    return found


def of(dataset: Dataset, split: str) -> tuple[Tensor, Tensor]:
    x, y = dataset.gather(dataset.splits[split])
    assert y is not None
    return x.flatten(1), y


def by_hand(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """Labels that a checkpoint of the tiny net gives: two full layers with relu between them, and a third."""
    linear = [f"system.model.{part}" for part in ("encoder.blocks.0.layer", "encoder.blocks.1.layer", "head")]
    (w1, b1), (w2, b2), (w3, b3) = ((state[f"{name}.weight"], state[f"{name}.bias"]) for name in linear)
    return ((torch.relu(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3).argmax(1)


def test_errors_are_a_count_by_hand_and_the_autoencoder_stays(tmp_path: Path) -> None:
    """On clean inputs, by the last weights."""
    noisy = [
        "++recipe.finetune.corruption={own: {_target_: aelab.corruption.gaussian.Gaussian, strength: 9.0}}"
    ]
    job, errors = finetuned(tmp_path / "a", *noisy, "trainer.max_epochs=6", "recipe.finetune.dropout=0.3")
    for training, metric in (("finetune", "finetuned_error"), ("finetune.scratch", "scratch_error")):
        state = torch.load(tmp_path / "a/checkpoints" / training / "last.ckpt", weights_only=True)[
            "state_dict"
        ]
        for split in ("val", "test"):
            x, y = of(job.system.dataset, split)
            wrong = (by_hand(state, x) != y).double().mean().item()
            assert errors[f"{split}/{metric}"] == pytest.approx(wrong, abs=1e-9)
        rows = [row for row in read(tmp_path / "a" / "metrics.csv") if row["stage"] == training]
        assert errors[f"val/{metric}"] == rows[-1]["val/error"]
    assert set(errors) == {f"{s}/{m}_error" for s in ("val", "test") for m in ("finetuned", "scratch")}
    trained(tmp_path / "b", *NET, "trainer.max_epochs=6")
    for name in ("last", "best"):
        assert same(weights(tmp_path / "a", name), weights(tmp_path / "b", name))
    best = {f"system.{name}": value for name, value in job.system.state_dict().items()}
    assert same(best, weights(tmp_path / "b", "best"))


def test_the_last_epoch_counts_whatever_chooses_the_runs_own(tmp_path: Path) -> None:
    """With a rate that grows till nothing is learnt any more."""
    rate = "++recipe.finetune.optimizer={lr: {_target_: aelab.schedule.Exponential, start: 0.01, end: 100.0}}"
    _, errors = finetuned(tmp_path, rate, "trainer.max_epochs=8")
    assert (tmp_path / "checkpoints/best.ckpt").is_file()
    for training, metric in (("finetune", "finetuned_error"), ("finetune.scratch", "scratch_error")):
        assert not (tmp_path / "checkpoints" / training / "best.ckpt").exists()
        rows = [row for row in read(tmp_path / "metrics.csv") if row["stage"] == training]
        found = [row["val/error"] for row in rows]
        assert errors[f"val/{metric}"] == found[-1] > min(found)


def test_its_loss_is_of_corrupted_rows_as_the_runs_own_is(tmp_path: Path) -> None:
    own = "++recipe.finetune.corruption={own: {_target_: aelab.corruption.masking.Masking, strength: 1.0}}"
    finetuned(tmp_path, own, "trainer.max_epochs=6", "recipe.finetune.scratch=false")
    rows = [row for row in read(tmp_path / "metrics.csv") if row["stage"] == "finetune"]
    assert rows[-1]["val/loss"] > 2.2  # of inputs that are all zero: a tenth each


def test_scratch_is_the_same_but_for_its_first_weights(seen: Seen, tmp_path: Path) -> None:
    job, _ = finetuned(tmp_path, "recipe.finetune.labels=0.5")
    own, scratch = seen["finetune"], seen["finetune.scratch"]
    trained_encoder = job.system.model.encoder.state_dict()
    untrained = assemble(composed("recipe=finetuned", *NET), tmp_path).system.model.encoder.state_dict()
    for name, value in trained_encoder.items():
        key = f"model.encoder.{name}"
        assert torch.equal(own["before"][key], value)
        assert not torch.equal(scratch["before"][key], value)
        assert not torch.equal(scratch["before"][key], untrained[name])
    for name in ("model.head.weight", "model.head.bias"):
        assert torch.equal(own["before"][name], scratch["before"][name])
    ours, theirs = own["system"].dataset.splits, scratch["system"].dataset.splits
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    stages = read_json(tmp_path / "checkpoints" / "stages.json") or {}
    assert stages["finetune"] == stages["finetune.scratch"] == 3 * 4  # 50 rows in minibatches of 16


def digits(*overrides: str) -> Dataset:
    return assemble(composed("dataset.limit=null", *overrides), Path()).system.dataset


@pytest.mark.parametrize("labels", [0.1, 100, 10, 1.0])
def test_labels_are_stratified_and_the_same_for_every_seed(labels: float) -> None:
    whole = digits()
    chosen, again = labelled(whole, labels), labelled(digits("seed=5"), labels)
    n = len(whole.splits["train"])
    assert len(chosen.splits["train"]) == (labels if labels > 1 else round(labels * n))
    fraction = labels / n if labels > 1 else labels
    for split in ("train", "val"):
        assert torch.equal(chosen.splits[split], again.splits[split])
        assert set(chosen.splits[split].tolist()) <= set(whole.splits[split].tolist())
        counts, of_all = (np.bincount(of(d, split)[1], minlength=10) for d in (chosen, whole))
        assert np.abs(counts - fraction * of_all).max() < 1
    assert torch.equal(chosen.splits["test"], whole.splits["test"])
    assert (
        len(labelled(digits(), labels).splits["train"]) and len(whole.splits["train"]) == n
    )  # left as it was


def unlabel(monkeypatch: pytest.MonkeyPatch, rows: Callable[[Dataset], Tensor]) -> None:
    """Take the labels of some rows away, as a source does that has none for them."""
    setup = Dataset.setup

    def then(self: Dataset) -> Dataset:
        setup(self)
        assert self.rows.y is not None
        self.rows.y[rows(self)] = -1
        return self

    monkeypatch.setattr(Dataset, "setup", then)


def test_rows_without_a_label_are_left_out_everywhere(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlabel(monkeypatch, lambda dataset: torch.arange(0, len(dataset.rows.x), 3))
    job, errors = finetuned(tmp_path)
    for split, rows in seen["finetune"]["system"].dataset.splits.items():
        every = of(job.system.dataset, split)[1]
        assert len(rows) == (every >= 0).sum() < len(every)
    state = torch.load(tmp_path / "checkpoints/finetune/last.ckpt", weights_only=True)["state_dict"]
    x, y = of(job.system.dataset, "test")
    wrong = (by_hand(state, x) != y)[y >= 0].double().mean().item()
    assert errors["test/finetuned_error"] == pytest.approx(wrong)


def test_labels_may_be_in_training_alone(tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    unlabel(monkeypatch, lambda d: torch.cat([d.splits["val"], d.splits["test"], d.splits["train"][:7]]))
    _, errors = finetuned(tmp_path)
    assert {k: len(v) for k, v in seen["finetune"]["system"].dataset.splits.items()} == {"train": 93}
    assert errors == {}


def test_classes_that_no_labelled_row_has_keep_their_logit(seen: Seen, tmp_path: Path) -> None:
    _, errors = finetuned(tmp_path, "recipe.finetune.labels=4")
    system = seen["finetune"]["system"]
    assert system.model.head.out_features == 10 and len(set(of(system.dataset, "train")[1].tolist())) <= 4
    assert errors["test/finetuned_error"] >= 0.3


@pytest.mark.parametrize(
    ("settings", "splits"), [(["dataset.split=all"], {"all"}), (["dataset.val_fraction=0"], {"test"})]
)
def test_without_validation_the_last_epoch_counts(
    settings: list[str], splits: set[str], tmp_path: Path
) -> None:
    job, errors = finetuned(tmp_path, *settings, "recipe.finetune.labels=0.5")
    assert {name.partition("/")[0] for name in errors} == splits
    assert not (tmp_path / "checkpoints" / "finetune" / "best.ckpt").exists()
    state = torch.load(tmp_path / "checkpoints" / "finetune" / "last.ckpt", weights_only=True)["state_dict"]
    for split in splits:
        x, y = of(job.system.dataset, split)
        assert errors[f"{split}/finetuned_error"] == pytest.approx(
            (by_hand(state, x) != y).double().mean().item()
        )


def test_scheduled_k_stands_at_alpha_k_from_the_first_step(seen: Seen, tmp_path: Path) -> None:
    schedule = "model.latent.k={_target_: aelab.schedule.Linear, start: 6, end: 2}"
    kept: list[set[int]] = []

    def watching(self: finetune.Classifier, trace: Any, *rest: Any, **more: Any) -> Any:
        out = forward(self, trace, *rest, **more)
        kept.append(set((out["z"] != 0).sum(1).tolist()))
        return out

    forward = finetune.Classifier.forward
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetune.Classifier, "forward", watching)
        finetuned(tmp_path, "model/latent=k_sparse", schedule, "model.latent.alpha=2")
    assert set.union(*kept) == {4} and len(kept) > 40


def test_what_is_always_there_in_the_run_stays(seen: Seen, tmp_path: Path) -> None:
    chain = ["corruption=[masking,gaussian]", "corruption.masking.always=true"]
    own = "++recipe.finetune.corruption={own: {_target_: aelab.corruption.gaussian.Gaussian, strength: 0.1}}"
    finetuned(tmp_path, *chain, own, "recipe.finetune.scratch=false", "trainer.max_epochs=1")
    assert list(seen["finetune"]["system"].corruption.parts) == ["masking", "own"]


Aelab = Callable[..., tuple[int, str, str]]
RUN = [
    "recipe=finetuned",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "logger=none",
    "figure=none",
    "baseline=none",
]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            ["recipe.finetune.labels=101", "dataset.limit=100"],
            "recipe.finetune.labels: 101 are asked for, 100 training rows have one",
        ),
        (
            ["recipe.finetune.labels=0.001", "dataset.limit=100"],
            "recipe.finetune.labels: 0.001 of 100 labelled training rows are none",
        ),
        (
            ["recipe.finetune.labels=33", "dataset.batch_size=32", "model.batch_norm=true"],
            "recipe.finetune.labels: 33 rows in minibatches of 32 leave a last one of one, which has no "
            "batch statistics",
        ),
        (
            ["recipe.finetune.labels=2.5"],
            "recipe.finetune: labels must be a fraction in (0, 1] or a whole number of rows, got 2.5",
        ),
        (["recipe.finetune.dropout=1"], "recipe.finetune: dropout must lie in [0, 1), got 1"),
    ],
)
def test_wrong_settings_are_one_line(settings: list[str], line: str, aelab: Aelab, tmp_path: Path) -> None:
    status, _, said = aelab(*RUN, *settings)
    assert (status, said.strip()) == (2, line)
    assert not list(tmp_path.iterdir())


def test_without_labels_it_is_refused(aelab: Aelab, tmp_path: Path) -> None:
    np.savez(tmp_path / "table.npz", x=np.random.default_rng(0).normal(size=(60, 4)))
    status, _, said = aelab(*RUN, "dataset=arrays", "dataset.file=table.npz")
    expected = "fine-tuning needs labels, and this data has none; recipe=single trains without"
    assert (status, said.strip()) == (2, f"recipe.finetune: {expected}")


@pytest.mark.parametrize("labels", [0, -1, 1.5, 10.5])
def test_labels_are_a_fraction_or_a_number(labels: float) -> None:
    with pytest.raises(ValueError, match="labels must be a fraction"):
        Finetune(optimizer=torch.optim.Adam, labels=labels)
