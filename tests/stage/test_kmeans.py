"""k-means as a stage: scikit-learn's of the codes, the same after a resume, refusals in a line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from sklearn.cluster import KMeans
from training import TINY, same, trained, weights

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.evaluation import whole
from aelab.history import read
from aelab.stage.kmeans import centroids
from aelab.system import System
from aelab.trace import Trace

Reference: Any = KMeans
PIXELS = ["model=identity", "model/latent=clusters", "clusters=4", "recipe=kmeans"]
CODES = ["model/latent=clusters", "model.latent.dim=3", "clusters=4", "recipe=fit_kmeans"]
BARE = [setting for setting in TINY if "widths" not in setting]


@pytest.mark.parametrize(("settings", "tiny"), [(PIXELS, BARE), (CODES, TINY)])
def test_centroids_are_scikit_learns_of_the_codes(
    settings: list[str], tiny: list[str], tmp_path: Path
) -> None:
    job = trained(tmp_path / "run", *settings, tiny=tiny)
    found = whole(job.system, "train", "z", "centroids", "assignment")
    z, m = found["z"].numpy(), found["centroids"].detach()
    reference = Reference(4, init=m.numpy(), n_init=1, tol=0).fit(z)
    torch.testing.assert_close(m, torch.from_numpy(reference.cluster_centers_), rtol=1e-3, atol=1e-3)
    best = Reference(4, n_init=20, random_state=0).fit(z)
    rows = [row for row in read(tmp_path / "run" / "metrics.csv") if row["stage"] == "kmeans"]
    curve = [row["train/inertia"] for row in rows]
    assert curve[-1] == pytest.approx(best.inertia_, rel=1e-2) and curve == sorted(curve, reverse=True)
    assert [row["step"] for row in rows] == list(range(len(rows)))
    assert found["assignment"].argmax(1).unique().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("dim", [2, 3])
def test_the_path_is_kept_where_it_can_be_drawn(dim: int, tmp_path: Path) -> None:
    job = trained(tmp_path, *CODES, f"model.latent.dim={dim}")
    path = centroids(tmp_path)
    if dim == 3:
        assert path == {}
        return
    rows = [row for row in read(tmp_path / "metrics.csv") if row["stage"] == "kmeans"]
    assert list(path) == [row["step"] for row in rows]
    z = whole(job.system, "train", "z")["z"]
    for row in rows:
        by_hand = (torch.cdist(z, path[row["step"]]) ** 2).min(1).values.sum().item()
        assert row["train/inertia"] == pytest.approx(by_hand, rel=1e-4)
    assert torch.equal(path[len(path) - 1], whole(job.system, "train", "centroids")["centroids"].detach())


@pytest.mark.parametrize(("settings", "tiny"), [(PIXELS, BARE), (CODES, TINY)])
def test_minibatches_come_close_and_keep_no_codes(
    settings: list[str], tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aelab.stage.kmeans.whole", lambda *_: pytest.fail("took all codes"))
    sizes, passed = [], System.passed

    def watched(system: System, trace: Trace, in_use: bool = False, needed: Any = None) -> Trace:
        sizes.append((len(trace.x), in_use, system.training))
        return passed(system, trace, in_use, needed)

    monkeypatch.setattr(System, "passed", watched)
    job = trained(tmp_path, *settings, "recipe.kmeans.batch_size=8", tiny=tiny)
    monkeypatch.undo()
    found = whole(job.system, "train", "z", "centroids", "assignment")
    best = Reference(4, n_init=20, random_state=0).fit(found["z"].numpy())
    own = (torch.cdist(found["z"], found["centroids"].detach()) ** 2).min(1).values.sum().item()
    assert own < 1.1 * best.inertia_  # of a hundred rows
    rows = [row for row in read(tmp_path / "metrics.csv") if row["stage"] == "kmeans"]
    assert [row["step"] for row in rows] == list(range(len(rows))) and len(rows) > 2
    last = rows[-1]["train/inertia"]
    assert last == pytest.approx(own, rel=0.1) and last < rows[0]["train/inertia"]
    in_passes = [size for size, in_use, is_training in sizes if in_use and not is_training]
    assert max(in_passes) == 8 and len(in_passes) > 13 * len(rows) - 13
    assert found["assignment"].argmax(1).unique().tolist() == [0, 1, 2, 3]
    assert centroids(tmp_path) == {}


def test_minibatches_are_of_the_seed(tmp_path: Path) -> None:
    def run(folder: str, *settings: str) -> dict[str, torch.Tensor]:
        trained(tmp_path / folder, *PIXELS, "recipe.kmeans.batch_size=8", *settings, tiny=BARE)
        return weights(tmp_path / folder)

    assert same(run("a"), run("b")) and not same(run("a"), run("c", "seed=1"))


def test_a_finished_stage_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = trained(tmp_path / "run", *CODES)
    before = weights(tmp_path / "run")
    monkeypatch.setattr("aelab.stage.kmeans.kmeans", lambda *_, **__: pytest.fail("ran again"))
    again = trained(tmp_path / "run", *CODES, resume=True)
    assert same(before, weights(tmp_path / "run"))
    assert torch.equal(job.system.model.latent.centroids, again.system.model.latent.centroids)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ["recipe=kmeans"],
            "recipe.kmeans: finds a latent's centroids, and this one has none; model/latent=clusters has",
        ),
        (
            ["recipe=kmeans", "model/latent=clusters", "clusters=50"],
            "recipe.kmeans: there are 40 training rows, fewer than clusters=50",
        ),
        (["model/latent=clusters", "clusters=1"], "model.latent: clusters must be at least 2, got 1"),
        (
            ["model/latent=clusters"],
            "model.latent: no stage finds its centroids; recipe=fit_kmeans has one that does",
        ),
        (["recipe=kmeans", "recipe.kmeans.memory=0"], "recipe.kmeans: memory must be positive, got 0"),
        (
            ["recipe=kmeans", "recipe.kmeans.batch_size=0"],
            "recipe.kmeans: batch_size must be at least 1, got 0",
        ),
    ],
)
def test_refuses(settings: list[str], said: str, composed: Callable[..., DictConfig], tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed(*settings), tmp_path)
    assert said in caught.value.problems


def test_refuses_rows_that_are_all_the_same(composed: Callable[..., DictConfig], tmp_path: Path) -> None:
    np.savez(tmp_path / "flat.npz", x=np.ones((60, 5)))
    data = ["dataset=arrays", f"dataset.file='{tmp_path / 'flat.npz'}'"]
    with pytest.raises(UserError) as caught:
        assemble(composed(*data, *CODES), tmp_path)
    line = "recipe.kmeans: all training rows are equal, there is nothing to cluster"
    assert list(caught.value.problems) == [line]
