"""Clusters of a View are those of the largest assignment; without any, a line says so."""

import numpy as np
import pytest
import torch

from aelab.figure import clustered as module
from aelab.figure.clustered import Clustered, clustered
from aelab.figure.figure import Figure
from aelab.model.identity import identity
from aelab.model.prior.gaussian_mixture import GaussianMixture


def of(view) -> Clustered:
    found = clustered(view, Figure())
    assert found is not None
    return found


@pytest.mark.parametrize("piece", [5, 4096])
def test_rows_are_in_the_cluster_of_their_nearest_centroid(clusters, memory, piece, monkeypatch):
    monkeypatch.setattr(module, "PIECE", piece)
    found = of(clusters(memory(n=100)))
    apart = torch.cdist(found.z.double(), found.centroids.double())
    assert torch.equal(found.cluster, apart.argmin(1)) and len(found.z) == 20
    assert found.sizes == [int((found.cluster == k).sum()) for k in range(3)]


def test_of_a_learned_mixture_in_that_of_the_largest_responsibility(memory, view):
    prior = GaussianMixture(2, 2, True, "spherical", 2.0, 0.5, 0.1)
    with torch.no_grad():
        prior.log_std[0] += 1.5  # wide: takes what is nearer to the other, but far
    v = view(memory((2,), n=100), identity((2,), (2,), 1, "identity", prior=prior))
    found = of(v)
    assert torch.equal(found.cluster, prior.log_joint(found.z).argmax(1))
    assert not torch.equal(found.cluster, torch.cdist(found.z, found.centroids).argmin(1))


def test_the_table_counts_rows_also_where_there_are_none(clusters, memory):
    dataset = memory(n=200, classes=4)
    dataset.rows.y[::3] = -1
    v = clusters(dataset, k=3)
    with torch.no_grad():
        v.model.latent.centroids = torch.nn.Parameter(
            torch.cat([v.model.latent.centroids, torch.full((1, 2), 1e4)])
        )
    found = of(v)
    table = found.table(5)
    assert found.sizes[3] == 0 and table.shape == (4, 5) and not table[3].any() and not table[:, 4].any()
    by_hand = [[int(((found.cluster == k) & (found.y == c)).sum()) for c in range(5)] for k in range(4)]
    np.testing.assert_array_equal(table, by_hand)


def test_without_a_known_label_there_are_none(clusters, memory):
    assert of(clusters(memory(classes=0))).y is None
    dataset = memory()
    dataset.rows.y[:] = -1
    found = of(clusters(dataset))
    assert found.y is None and not found.table(3).any()


def test_says_why_there_are_no_clusters(clusters, memory, view):
    figure = Figure()
    assert clustered(view(memory()), figure) is None
    assert figure.reason.startswith("draws clusters, and this model makes none; model/latent=clusters")
    v = clusters(memory())
    with torch.no_grad():
        v.model.latent.centroids.zero_()
    assert clustered(v, figure) is None
    assert figure.reason.endswith("no stage has found their centroids; recipe=kmeans does")
