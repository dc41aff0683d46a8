"""A cluster's images are its centroid's, and those of its rows in the order of their distance."""

import numpy as np
import pytest
import torch

from aelab.figure.cluster_samples import ClusterSamples
from aelab.figure.tile import pixels


def shown(axes, untiled, k, h=6, w=4):
    """The images of a block, and the rows of a cluster [n, ...] each."""
    return untiled(axes.images[0].get_array(), k, h, w)


def ordered(v, k):
    """Positions of a cluster's rows by their distance to the centroid, by hand."""
    z, m = v.codes("test")[0].double(), v.model.latent.centroids.detach().double()
    apart = torch.cdist(z, m)
    return sorted((apart.argmin(1) == k).nonzero().flatten().tolist(), key=lambda i: apart[i, k].item())


@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 6, 4)])
def test_images_are_the_centroid_the_nearest_and_the_farthest(shape, clusters, memory, painted, untiled):
    v = clusters(memory(shape, n=200))
    centroid, near, far = painted(ClusterSamples(4, 25).draw(v)).axes
    x = pixels(v.dataset.batch(v.dataset.splits["test"])[0], v.dataset)
    decoded = pixels(v.model.decode(v.model.latent.centroids)["x_hat"], v.dataset)
    np.testing.assert_allclose(shown(centroid, untiled, 3), decoded, atol=1e-6)
    for axes, part in ((near, slice(0, 4)), (far, slice(-4, None))):
        images = shown(axes, untiled, 12).reshape(3, 4, *x.shape[1:])
        for k in range(3):
            assert len(ordered(v, k)) >= 8
            np.testing.assert_allclose(images[k], x[ordered(v, k)[part]], atol=1e-6)


def test_names_tell_number_size_label_and_share(clusters, memory, painted):
    dataset = memory(n=200)
    dataset.rows.y[::5] = -1
    v = clusters(dataset)
    axes = painted(ClusterSamples(3, 25).draw(v)).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    y = v.codes("test")[1]
    for k, name in enumerate(names):
        labels = y[ordered(v, k)]
        counts = torch.bincount(labels[labels >= 0])
        assert name == f"{k}: {len(labels)} rows, {counts.max() / counts.sum():.0%} class {counts.argmax()}"


def test_a_row_is_shown_once_and_an_empty_cluster_says_so(clusters, memory, painted, untiled):
    v = clusters(memory(n=60, classes=0), k=4)  # 12 rows
    with torch.no_grad():
        v.model.latent.centroids[2] += 1e4
    centroid, near, far = painted(ClusterSamples(3, 25).draw(v)).axes
    names = [text.get_text() for text in centroid.get_yticklabels()]
    assert names[2] == "2: empty"
    for k, name in enumerate(names):
        n = len(ordered(v, k))
        assert n == 0 or name == f"{k}: {n} row{'s' * (n != 1)}"
        for axes, there in ((near, min(n, 3)), (far, min(max(n - 3, 0), 3))):
            images = shown(axes, untiled, 12)[3 * k : 3 * k + 3]
            assert [bool(np.isfinite(image).all()) for image in images] == [True] * there + [False] * (
                3 - there
            )


def test_of_many_clusters_the_largest_are_shown_and_a_line_says_so(clusters, memory, painted):
    v = clusters(memory(n=400), k=30)
    canvas = painted(ClusterSamples(2, 6).draw(v))
    numbers = [int(text.get_text().split(":")[0]) for text in canvas.axes[0].get_yticklabels()]
    sizes = [len(ordered(v, k)) for k in range(30)]
    assert len(numbers) == 6 and numbers == sorted(numbers)
    assert min(sizes[k] for k in numbers) >= max(sizes[k] for k in range(30) if k not in numbers)
    assert canvas.texts[1].get_text().endswith("the 6 largest of 30 clusters")


def test_without_a_decoder_names_stand_beside_the_nearest(clusters, memory, painted):
    near, far = painted(ClusterSamples(2, 25).draw(clusters(memory(n=200), decodes=False))).axes
    assert near.get_title() == "nearest" and len(near.get_yticklabels()) == 3 and not far.get_yticklabels()


def test_says_why_there_is_nothing_to_draw(clusters, memory, view, reason):
    line = reason(ClusterSamples(2, 5), clusters(memory((5,))))
    assert line == "draws images, and these rows are vectors"
    assert "makes none" in reason(ClusterSamples(2, 5), view(memory()))


@pytest.mark.parametrize(
    ("n", "most", "line"), [(0, 1, "n must be at least 1"), (1, 0, "clusters must be at")]
)
def test_refusals(n, most, line):
    with pytest.raises(ValueError, match=line):
        ClusterSamples(n, most)
