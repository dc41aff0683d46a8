"""Points have the colours of their nearest centroids, arrows go to the means, stairs down to the inertia."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.quiver import Quiver

from aelab.cluster.kmeans import kmeans
from aelab.figure import canvas as look
from aelab.figure.kmeans_steps import KMeansSteps
from aelab.model.identity import identity
from aelab.model.latent.clusters import Clusters


@pytest.fixture
def kept(memory, view):
    """(K, dim, most) -> the View of k-means on points, in at most so many steps."""

    def make(k: int = 3, dim: int = 2, most: int = 300):
        v = view(memory((dim,), n=200), identity((dim,), (dim,), 1, "identity", Clusters(dim, k)))
        found = kmeans(v.codes("train")[0], k, 1, most, 0, keep=True, spread=False)
        v.centroids = dict(enumerate(found.path))
        v.history = [
            {"stage": "kmeans", "epoch": step, "step": step, "train/inertia": inertia}
            for step, inertia in enumerate(found.curve)
        ]
        return v

    return make


def titles(canvas) -> list[str]:
    return [axes.get_title() for axes in canvas.axes if axes.collections]


def panel(canvas, title):
    return next(axes for axes in canvas.axes if axes.get_title() == title)


def test_pictures_are_of_the_start_the_steps_and_the_end(kept, painted):
    v = kept()
    last = max(v.centroids)
    assert last > 3
    halves = ["step 1: assignment", "step 1: update", "step 3: assignment", "step 3: update"]
    canvas = painted(KMeansSteps([3, 1, 99], 50).draw(v))
    assert titles(canvas) == ["start", *halves, f"{last} steps, the end"]
    assert titles(painted(KMeansSteps([], 50).draw(v))) == ["start", f"{last} steps, the end"]
    assert titles(painted(KMeansSteps([1], 50).draw(kept(most=1))))[-1] == "1 step, the end"
    assert titles(painted(KMeansSteps([1], 50).draw(kept(most=0)))) == ["start"]


def test_points_have_the_colours_of_their_nearest_centroids_and_arrows_lead_to_the_means(kept, painted):
    v = kept()
    canvas = painted(KMeansSteps([2], 500).draw(v))
    palette = np.array([to_rgba(colour)[:3] for colour in look.class_colours([0, 1, 2])])
    before, after = v.centroids[1].numpy(), v.centroids[2].numpy()
    for half in ("assignment", "update"):
        dots = panel(canvas, f"step 2: {half}").collections[0]
        z = np.asarray(dots.get_offsets())
        nearest = ((z[:, None] - before) ** 2).sum(2).argmin(1)
        np.testing.assert_allclose(dots.get_facecolors()[:, :3], palette[nearest])
        means = [z[nearest == k].mean(0) for k in range(3)]
        np.testing.assert_allclose(after, means, atol=1e-5)
    (arrows,) = [c for c in panel(canvas, "step 2: update").collections if isinstance(c, Quiver)]
    np.testing.assert_allclose(np.asarray(arrows.get_offsets()), before, rtol=1e-5)
    np.testing.assert_allclose(
        np.stack([np.asarray(arrows.U), np.asarray(arrows.V)], 1), after - before, atol=1e-6
    )
    region = panel(canvas, "step 2: assignment").images[0]
    x0, x1, y0, y1 = region.get_extent()
    x, y = np.linspace(x0, x1, 300)[17], np.linspace(y0, y1, 300)[230]
    assert region.get_array()[230, 17] == ((np.array([x, y]) - before) ** 2).sum(1).argmin()


def test_stairs_go_down_by_the_update_and_by_the_assignment(kept, painted):
    v = kept()
    canvas = painted(KMeansSteps([1], 50).draw(v))
    stairs = next(axes for axes in canvas.axes if axes.get_legend())
    update, assignment = (
        next(line for line in stairs.lines if str(line.get_label()).startswith(name))
        for name in ("update", "assignment")
    )
    z = v.codes("train")[0].double()
    squares = [((z[:, None] - m.double()) ** 2).sum(2) for m in v.centroids.values()]
    whole = [apart.min(1).values.sum().item() for apart in squares]
    half = squares[1].gather(1, squares[0].argmin(1)[:, None]).sum().item()
    assert whole[0] > half > whole[1]
    np.testing.assert_allclose(update.get_xydata()[:2], [[0, whole[0]], [1, half]], rtol=1e-5)
    np.testing.assert_allclose(assignment.get_xydata()[:2], [[1, half], [1, whole[1]]], rtol=1e-5)


@pytest.mark.parametrize("k", [1, 25])
def test_any_number_of_clusters_is_drawn(k, kept, painted):
    v = kept(max(k, 2))
    painted(KMeansSteps([1, 2], 1500).draw(v))


def test_says_why_there_is_nothing_to_draw(kept, memory, view, reason):
    figure = KMeansSteps([1], 50)
    line = reason(figure, view(memory()))
    assert line == ("draws the steps of a stage kmeans; recipe=kmeans has one")
    assert reason(figure, kept(dim=5)).endswith("codes in the plane, and these have 5 numbers")
    other = kept()
    other.centroids = {}
    assert reason(figure, other).endswith(
        "and this run kept no path of the centroids: no checkpoints, or minibatches"
    )
    moved = kept()
    moved.history.append({"stage": "train", "epoch": 1, "step": 10})
    assert reason(figure, moved).endswith("and stage train has moved these since")


@pytest.mark.parametrize(
    ("steps", "points", "line"),
    [([1], 0, "points must be at least 1, got 0"), ([2, 0], 1, "steps must be at least 1, got")],
)
def test_refusals(steps, points, line):
    with pytest.raises(ValueError, match=line):
        KMeansSteps(steps, points)
