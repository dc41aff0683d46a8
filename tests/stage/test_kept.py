"""Stages that were trained before: the same run with or without them, and never of anything else."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from training import same, trained, weights

from aelab.callback.checkpoint import write
from aelab.history import read
from aelab.places import cache_dir
from aelab.stage import kept

RUN = ["model/latent=clusters", "model.latent.dim=3", "clusters=4", "recipe=fit_kmeans_fit", "loss=[mse,dcn]"]
LAYERS = [*RUN, "recipe=layerwise_fit_kmeans_fit"]


@pytest.fixture(autouse=True)
def own_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything is worth keeping, in the test's own folder."""
    monkeypatch.setenv("AELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "LEAST", 0.0)
    yield


def stages() -> set[str]:
    return {path.name for path in (cache_dir() / "stages").iterdir()}


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The stages that were taken from before."""
    found = [message.split(":")[0] for message in caplog.messages if "trained before" in message]
    caplog.clear()
    return found


@pytest.mark.parametrize("run", [RUN, LAYERS])
def test_a_run_is_the_same_with_and_without(
    run: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    trained(tmp_path / "first", *run)
    assert not said(caplog)
    trained(tmp_path / "second", *run)
    names = ["stage reconstruct", "stage kmeans"]
    assert said(caplog) == (["stage pretrain", *names] if run is LAYERS else names)
    trained(tmp_path / "third", *run, "reuse=false")
    assert not said(caplog)
    for other in ("second", "third"):
        assert same(weights(tmp_path / "first"), weights(tmp_path / other))
        assert read(tmp_path / "first" / "metrics.csv") == read(tmp_path / other / "metrics.csv")


def test_the_number_of_clusters_is_none_of_the_pretraining_s_business(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    trained(tmp_path / "four", *LAYERS)
    said(caplog)
    job = trained(tmp_path / "six", *LAYERS, "clusters=6", "model.latent.alpha=2")
    assert said(caplog) == ["stage pretrain", "stage reconstruct"]
    alone = trained(tmp_path / "alone", *LAYERS, "clusters=6", "model.latent.alpha=2", "reuse=false")
    assert len(job.system.model.latent.centroids) == 6  # type: ignore[arg-type]
    assert same(dict(job.system.state_dict()), dict(alone.system.state_dict()))


def test_terms_that_a_stage_does_not_know_are_the_run_s_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """DEC's term has a state in the weights, DCN's none."""
    caplog.set_level("INFO")
    for i, (first, second) in enumerate([("dec", "dcn"), ("dcn", "dec")]):
        trained(tmp_path / first, *RUN, f"loss=[mse,{first}]", f"seed={i}")
        said(caplog)
        job = trained(tmp_path / second, *RUN, f"loss=[mse,{second}]", f"seed={i}")
        assert said(caplog) == ["stage reconstruct", "stage kmeans"]
        alone = trained(tmp_path / "alone", *RUN, f"loss=[mse,{second}]", f"seed={i}", "reuse=false")
        assert same(dict(job.system.state_dict()), dict(alone.system.state_dict()))


@pytest.mark.parametrize(
    "other",
    ["seed=1", "dataset.limit=90", "dataset.binarize=static", "model.widths=[11]", "optimizer.lr=0.01",
     "trainer.max_epochs=2", "recipe.reconstruct.epochs=1", "corruption=gaussian", "dataset.batch_size=20"],
)  # fmt: skip
def test_nothing_else_is_taken_for_it(other: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    trained(tmp_path / "first", *RUN)
    trained(tmp_path / "other", *RUN, other)
    assert not said(caplog) and len(stages()) == 4


def test_which_part_trained_is_told_apart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    coupled = ["model=coupled", "recipe=coupled", "corruption=gaussian"]
    trained(tmp_path / "first", *coupled)
    trained(tmp_path / "again", *coupled)
    assert said(caplog) == ["stage low", "stage high", "stage map"]
    assert same(weights(tmp_path / "first"), weights(tmp_path / "again"))
    trained(tmp_path / "other", *coupled, "recipe.high.part=high.decoder")
    assert said(caplog) == ["stage low"]


def test_what_comes_later_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    trained(tmp_path / "first", *RUN)
    for i, other in enumerate(["loss.dcn.strength=2", "recipe.train.epochs=1", "metric=psnr", "name=other"]):
        trained(tmp_path / str(i), *RUN, other)
        assert said(caplog) == ["stage reconstruct", "stage kmeans"], other
    trained(tmp_path / "kmeans", *RUN, "recipe.kmeans.starts=3")
    assert said(caplog) == ["stage reconstruct"]
    program = kept.program
    kept.program = lambda: "another"  # type: ignore[assignment]
    try:
        trained(tmp_path / "program", *RUN)
    finally:
        kept.program = program
    assert not said(caplog)


def test_a_run_that_took_a_stage_can_be_resumed(tmp_path: Path) -> None:
    trained(tmp_path / "whole", *RUN)
    trained(tmp_path / "halves", *RUN, "trainer.max_steps=12", "recipe.reconstruct.epochs=1", "reuse=false")
    trained(tmp_path / "short", *RUN, "loss.dcn.weight=2")
    trained(tmp_path / "short", *RUN, "loss.dcn.weight=2", "trainer.max_epochs=5", resume=True)
    long = trained(tmp_path / "long", *RUN, "loss.dcn.weight=2", "trainer.max_epochs=5", "reuse=false")
    assert same(
        {f"system.{name}": value for name, value in long.system.state_dict().items()},
        weights(tmp_path / "long"),
    )


def test_half_a_stage_is_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while it is being kept, nothing is found."""
    replace = os.replace

    def killed(source: object, target: object) -> None:
        if Path(str(target)).parent.name == "stages":
            raise KeyboardInterrupt
        replace(source, target)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "first", *RUN)
    assert not stages()
    trained(tmp_path / "second", *RUN)
    assert len(stages()) == 2


def test_what_was_not_used_for_longest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "shelf"
    for i in range(4):
        (shelf / str(i)).mkdir(parents=True)
        write({"state_dict": {"w": torch.zeros(1000)}}, shelf / str(i) / "last.ckpt")
        (shelf / str(i) / "stage.json").write_text(json.dumps({}))
        os.utime(shelf / str(i) / "stage.json", (i, i))
    os.utime(shelf / "0" / "stage.json", (9, 9))
    size = sum(path.stat().st_size for path in (shelf / "0").iterdir())
    monkeypatch.setattr(kept, "MOST", 2 * size + 1)
    kept.thin(shelf)
    assert sorted(path.name for path in shelf.iterdir()) == ["0", "3"]


def test_one_row_makes_other_data(tmp_path: Path) -> None:
    job = trained(tmp_path / "run", *RUN, "recipe.reconstruct.epochs=0", "trainer.max_epochs=0")
    before = kept.data(job.system)
    rows, train = job.system.dataset.rows, job.system.dataset.splits["train"]
    assert kept.data(job.system) == before
    rows.x[train[-1], 0, 0, 0] += 1
    assert kept.data(job.system) != before


def test_much_data_is_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = trained(tmp_path / "run", *RUN, "recipe.reconstruct.epochs=0", "trainer.max_epochs=0")
    seen: list[int] = []
    stored = job.system.dataset.stored
    monkeypatch.setattr(job.system.dataset, "stored", lambda rows: (seen.append(len(rows)), stored(rows))[1])
    monkeypatch.setattr(kept, "READ", 64 * 10)  # ten rows of 8 x 8 bytes
    kept.data(job.system)
    assert sum(seen) < 25 < len(job.system.dataset.splits["train"])
