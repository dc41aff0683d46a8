"""Both panels have the same dots and limits, centroids lie where codes would, and matched colours agree."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba
from sklearn.decomposition import PCA

from aelab.figure import canvas as look
from aelab.figure.cluster_map import ClusterMap, coloured
from aelab.figure.clustered import Clustered, clustered
from aelab.figure.figure import Figure


def places(axes, i=0) -> np.ndarray:
    return np.asarray(axes.collections[i].get_offsets())


def colours(axes) -> np.ndarray:
    return axes.collections[0].get_facecolors()[:, :3]


def test_dots_have_the_colours_of_their_clusters_and_of_their_labels(clusters, memory, painted):
    v = clusters(memory(n=200), k=3)
    left, right = painted(ClusterMap(25).draw(v)).axes
    np.testing.assert_array_equal(places(left), places(right))
    z, y = v.codes("test")
    found = clustered(v, Figure())
    assert found is not None
    of_clusters, of_labels, _ = coloured(found, [0, 1, 2])
    assert len(places(left)) == 25
    for i, place in enumerate(places(left)):
        (row,) = np.isclose(z.numpy(), place, atol=1e-6).all(1).nonzero()[0]
        np.testing.assert_allclose(colours(left)[i], to_rgba(of_clusters[found.cluster[row]])[:3])
        np.testing.assert_allclose(colours(right)[i], to_rgba(of_labels[y[row]])[:3])


@pytest.mark.parametrize("dim", [2, 5])
def test_centroids_are_numbered_where_codes_would_lie_and_limits_are_equal(dim, clusters, memory, painted):
    v = clusters(memory(n=200), k=4, dim=dim)
    with torch.no_grad():
        v.model.latent.centroids[1] += 30  # far from all codes
    left, right = painted(ClusterMap(500).draw(v)).axes
    z, m = v.codes("test")[0].numpy(), v.model.latent.centroids.detach().numpy()
    want = PCA(2).fit(z).transform(m) if dim > 2 else m
    for axes in (left, right):
        marks = np.concatenate([places(axes, i) for i in range(1, 5)])
        signs = np.sign((marks * want).sum(0)) if dim > 2 else 1  # a direction has no sign of its own
        np.testing.assert_allclose(signs * marks, want, rtol=1e-3, atol=1e-3)
        assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "3"]
        np.testing.assert_allclose([text.get_position() for text in axes.texts], marks)
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        every = np.concatenate([places(axes), marks])
        assert (every > [x0, y0]).all() and (every < [x1, y1]).all()
        assert x1 - x0 == pytest.approx(y1 - y0)
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()


def made_up(k: int, labels: list[int], cluster: list[int], y: list[int]) -> Clustered:
    z = torch.zeros(len(y), 2)
    return Clustered(z, torch.tensor(y), torch.tensor(cluster), torch.zeros(len(y)), torch.zeros(k, 2))


def test_a_cluster_has_the_colour_of_its_matched_label():
    found = made_up(3, [-1, 2, 5], [0, 0, 1, 1, 2, 2], [5, 5, 2, -1, 5, 2])
    of_clusters, of_labels, is_matched = coloured(found, [-1, 2, 5])
    grey, two, five = of_labels
    assert is_matched and of_clusters[:2] == [five, two]
    assert of_clusters[2] not in (grey, two, five) and grey == look.class_colours([-1])[0]


def test_many_clusters_have_colours_of_their_own():
    found = made_up(25, [0, 1], list(range(25)), [0, 1] * 12 + [0])
    of_clusters, of_labels, is_matched = coloured(found, [0, 1])
    assert not is_matched and len(set(of_clusters)) == 25 and of_labels == look.class_colours([0, 1])


def test_without_labels_there_is_one_panel(clusters, memory, painted):
    (axes,) = painted(ClusterMap(500).draw(clusters(memory(classes=0)))).axes
    assert axes.get_legend() is None and len({tuple(colour) for colour in colours(axes)}) == 3


def test_the_legend_names_labels(clusters, memory, painted):
    canvas = painted(ClusterMap(500).draw(clusters(memory())))
    (legend,) = canvas.legends
    assert [text.get_text() for text in legend.get_texts()] == ["class 0", "class 1", "class 2"]


@pytest.mark.parametrize("classes", [0, 3])
def test_one_number_gives_histograms_with_centroids_as_lines(classes, clusters, memory, painted):
    v = clusters(memory(classes=classes), dim=1)
    for axes in painted(ClusterMap(500).draw(v)).axes:
        assert sum(bar.get_height() for bar in axes.patches) == 12
        lines = [line.get_xdata()[0] for line in axes.lines]
        np.testing.assert_allclose(lines, v.model.latent.centroids.detach().flatten(), rtol=1e-6)


def test_one_code_is_drawn(clusters, memory, painted):
    v = clusters(memory())
    z, y = v.codes("test")
    v.codes = lambda split: (z[:1], y[:1])
    painted(ClusterMap(500).draw(v))


def test_says_why_there_is_nothing_to_draw(memory, view, reason):
    assert "makes none" in reason(ClusterMap(5), view(memory()))


def test_refusals():
    with pytest.raises(ValueError, match="points must be at least 1, got 0"):
        ClusterMap(0)
