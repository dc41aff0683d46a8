"""Who is in which cluster: clusters.csv row by row, a user's own files, and what is said in words."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import finished

from aelab.cluster.assigned import assigned, words
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError
from aelab.model.latent.clusters import Clusters
from aelab.run import Run

Aelab = Callable[..., tuple[int, str, str]]
KMEANS = ["model=identity", "model/latent=clusters", "recipe=kmeans", "metric=[cluster_agreement]"]


@pytest.fixture(scope="module")
def photos_clusters(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    """k-means on the photos themselves, every one of them."""
    where = ["dataset=image_folder", f"dataset.root='{photos}'", "dataset.size=[8,6]", "dataset.split=all"]
    return finished(tmp_path_factory, "clusters", *where, *KMEANS, "clusters=3")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_file_has_a_line(photos_clusters: Path) -> None:
    rows, run = table(photos_clusters / "clusters.csv"), Run(photos_clusters)
    dataset = run.system.dataset
    assert list(rows[0]) == ["name", "cluster", "confidence", "distance", "label"]
    assert [row["name"] for row in rows] == dataset.rows.names
    x, latent = dataset.rows.x, run.system.model.latent
    assert isinstance(latent, Clusters) and dataset.rows.y is not None
    apart = torch.cdist(run.encode(x), latent.centroids.detach())
    assert [int(row["cluster"]) for row in rows] == run.cluster(x).tolist() == apart.argmin(1).tolist()
    assert [float(row["distance"]) for row in rows] == pytest.approx(apart.min(1).values.tolist(), rel=1e-4)
    assert all(1 / 3 < float(row["confidence"]) < 1 for row in rows)
    assert [int(row["label"]) for row in rows] == dataset.rows.y.tolist()
    assert run.predict(x.numpy()).tolist() == run.cluster(x).tolist()


def test_splits_are_named_where_there_are_several(train: Callable[..., Path]) -> None:
    folder = train(*KMEANS, "clusters=4")
    rows, dataset = table(folder / "clusters.csv"), Run(folder).system.dataset
    of = {int(row["name"]): row["split"] for row in rows}
    assert list(of) == sorted(of)
    assert {split: sorted(i for i in of if of[i] == split) for split in dataset.splits} == {
        split: sorted(numbers.tolist()) for split, numbers in dataset.splits.items()
    }


def test_new_files_get_their_clusters(aelab: Aelab, photos_clusters: Path, photos: Path) -> None:
    run, cats = f"run='{photos_clusters}'", f"input='{photos / 'cat'}'"
    status, out, err = aelab("encode", run, cats, "output=a.csv")
    assert (status, out, err) == (0, "12 codes of 144 numbers, with their clusters, in a.csv\n", "")
    known = {row["name"]: row for row in table(photos_clusters / "clusters.csv")}
    for row in table(Path("a.csv")):
        for name in ("cluster", "confidence", "distance"):
            assert float(row[name]) == pytest.approx(float(known[f"cat/{row['name']}"][name]), rel=1e-4)
    assert aelab("encode", run, "output=b.npz")[0] == 0
    with np.load("b.npz") as file:
        assert {"z", "y", "names", "cluster", "confidence", "distance"} == set(file)
        assert file["cluster"].tolist() == [int(row["cluster"]) for row in known.values()]


def test_a_run_without_clusters_says_so(digits_run: Path) -> None:
    with pytest.raises(UserError, match="makes no clusters; model/latent=clusters does"):
        Run(digits_run).cluster(torch.zeros(1, 64))
    assert not (digits_run / "clusters.csv").exists()


def test_confidence_and_distance() -> None:
    latent = Clusters(2, 2)
    latent.centroids.data = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    found = assigned(torch.tensor([[0.0, 0.0], [3.0, 5.0]]), latent)
    assert found.cluster.tolist() == [0, 1] and found.distance.tolist() == [0, 1]
    # 1/(1 + d²), normalised
    assert found.confidence.tolist() == pytest.approx([1 / (1 + 1 / 26), 0.5 / (0.5 + 1 / 35)])


def said(clusters: list[int], y: list[int] | None, k: int, classes: list[str] | None = None) -> list[str]:
    dataset = Dataset()
    dataset.rows = Rows(torch.zeros(1, 1), classes=classes)
    return list(words(np.array(clusters), k, None if y is None else np.array(y), dataset))


def test_what_numbers_hide_is_said() -> None:
    assert said([0, 1, 2], [0, 1, 2], 3) == [] == said([0, 1, 2], None, 3)
    assert said([0, 0, 4], None, 5) == ["clusters: 2 of 5 have a row; nobody is in 1, 2, 3"]
    assert said([0, 0, 0, 1, 2], [0, 0, 1, 2, 2], 3, ["cat", "dog", "owl"]) == [
        "clusters: dog has none of its own; most of it is in 0, with cat",
        "clusters: owl has several, 1, 2",
    ]
    assert said([0, 0, 1, 2], [0, 0, 1, 1], 3) == []  # more clusters than labels: some must share one
    assert said([0, 0, 0, 1], [0, 0, 1, 2], 2) == []  # more labels than clusters
    assert said([0, 1], [-1, -1], 2) == []
