"""The dots are the codes; the components are those of scikit-learn."""

import numpy as np
import pytest
import torch
from figure.generative import vae
from matplotlib.colors import to_rgba
from sklearn.decomposition import PCA

from aelab.figure import canvas as look
from aelab.figure.figure import Side
from aelab.figure.latent_map import LONG, MOST, LatentMap, pca


def dots(canvas, panel=0):
    """Sorted rows (z₁, z₂, r, g, b) of the scatter."""
    scatter = canvas.axes[panel].collections[0]
    places, colours = np.asarray(scatter.get_offsets()), scatter.get_facecolors()[:, :3]
    table = np.hstack([places, np.broadcast_to(colours, (len(places), 3))])
    return table[np.lexsort(table.T)]


def beside(v, dim=2, rows=None):
    """A baseline whose codes are made up; so many of its rows."""
    z, y = v.codes("test")
    own = torch.randn(len(z), dim, generator=torch.Generator().manual_seed(1))[:rows]
    return Side(v.trace, lambda split: (own, None if y is None else y[:rows]))


@pytest.mark.parametrize("classes", [0, 3])
def test_dots_lie_at_the_codes_in_the_colours_of_their_classes(memory, view, painted, classes):
    v = view(memory(classes=classes))
    z, y = v.codes("test")
    palette = look.class_colours(list(range(classes)))
    colours = [to_rgba(look.BLUE if y is None else palette[int(y[i])])[:3] for i in range(len(z))]
    want = np.hstack([z.numpy(), colours])
    np.testing.assert_allclose(
        dots(painted(LatentMap(5000, True).draw(v))), want[np.lexsort(want.T)], rtol=1e-6
    )


def test_the_legend_names_the_classes(memory, view, painted):
    legend = painted(LatentMap(5000, True).draw(view(memory()))).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["class 0", "class 1", "class 2"]


def test_many_classes_get_a_colour_bar(memory, view, painted):
    canvas = painted(LatentMap(5000, True).draw(view(memory(n=400, classes=40))))
    assert canvas.axes[0].get_legend() is None
    assert canvas.axes[1].get_yticklabels()[1].get_text() == "class 2"


def test_rows_without_a_label_are_grey_and_said_to_be(memory, view, painted):
    dataset = memory()
    dataset.rows.y[dataset.rows.y == 2] = -1
    legend = painted(LatentMap(5000, True).draw(view(dataset))).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["no label", "class 0", "class 1"]
    # the classes keep their colours, whether or not some rows have none
    assert look.class_colours([-1, 0, 1])[1:] == look.class_colours([0, 1])


def test_the_cap_draws_the_same_codes_every_time(memory, view):
    v = view(memory())
    first, again, every = (dots(LatentMap(points, True).draw(v)) for points in (5, 5, 1000))
    np.testing.assert_array_equal(first, again)
    assert len(first) == 5 and len(every) == 12
    assert all((every == row).all(1).any() for row in first)


@pytest.mark.parametrize("d", [3, 10])
def test_principal_components_are_scikit_learns(d):
    torch.manual_seed(0)
    z = torch.randn(80, d) @ torch.randn(d, d) + 5
    centre, v, share = pca(z)
    places = (z - centre) @ v
    reference = PCA(2).fit(z.numpy())
    np.testing.assert_allclose(share.numpy(), reference.explained_variance_ratio_, rtol=1e-4)
    want = reference.transform(z.numpy())
    np.testing.assert_allclose(np.abs(places.numpy()), np.abs(want), rtol=1e-3, atol=1e-3)


def test_principal_components_of_whole_images_are_scikit_learns():
    torch.manual_seed(0)
    z = torch.randn(30, LONG + 50) * torch.linspace(5, 0.1, LONG + 50)
    centre, v, share = pca(z)
    places = (z - centre) @ v
    reference = PCA(2, svd_solver="full").fit(z.numpy())
    np.testing.assert_allclose(share.numpy(), reference.explained_variance_ratio_, rtol=1e-4)
    want = reference.transform(z.numpy())
    np.testing.assert_allclose(np.abs(places.numpy()), np.abs(want), rtol=1e-3, atol=1e-2)


def test_longer_codes_show_components_and_say_how_much_they_hold(memory, view, painted):
    v = view(memory(), dim=5)
    canvas = painted(LatentMap(5000, True).draw(v))
    share = PCA(2).fit(v.codes("test")[0].numpy()).explained_variance_ratio_
    assert f"{share[0]:.0%}" in canvas.axes[0].get_xlabel()
    assert f"{share[1]:.0%}" in canvas.axes[0].get_ylabel()


def test_one_dimension_is_a_histogram_of_all_codes_by_class(memory, view, painted):
    for classes in (0, 3):
        v = view(memory(classes=classes), dim=1)
        bars = painted(LatentMap(5000, True).draw(v)).axes[0].patches
        assert sum(bar.get_height() for bar in bars) == 12
        assert len({bar.get_facecolor() for bar in bars}) == max(classes, 1)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_a_collapsed_code_is_drawn(memory, view, painted, dim):
    v = view(memory(), dim=dim)
    z, y = v.codes("test")
    v.codes = lambda split: (torch.zeros_like(z), y)
    painted(LatentMap(5000, True).draw(v))


def test_one_code_makes_no_map(memory, view):
    v = view(memory())
    z, y = v.codes("test")
    v.codes = lambda split: (z[:1], y[:1])
    assert LatentMap(5000, True).draw(v) is None


@pytest.mark.parametrize("classes", [0, 3])
def test_baselines_have_maps_beside_the_run_s_in_the_same_colours(memory, view, painted, classes):
    v = view(memory(classes=classes))
    v.baselines = {"pca": beside(v), "tsne": beside(v, rows=7)}
    canvas = painted(LatentMap(5000, True).draw(v))
    assert [axes.get_title() for axes in canvas.axes] == ["tiny", "PCA", "t-SNE, 7 rows"]
    palette = look.class_colours(list(range(classes)))
    for panel, (z, y) in enumerate([v.codes("test"), *(side.codes("test") for side in v.baselines.values())]):
        colours = [to_rgba(look.BLUE if y is None else palette[int(y[i])])[:3] for i in range(len(z))]
        want = np.hstack([z.numpy(), colours])
        np.testing.assert_allclose(dots(canvas, panel), want[np.lexsort(want.T)], rtol=1e-6)
    legends = [*canvas.legends, *(axes.get_legend() for axes in canvas.axes if axes.get_legend())]
    assert [[t.get_text() for t in one.get_texts()] for one in legends] == (
        [["class 0", "class 1", "class 2"]] if classes else []
    )


def test_baselines_can_be_left_out_and_are_then_not_asked(memory, view, painted):
    v = view(memory())
    plain = painted(LatentMap(5000, True).draw(v))
    v.baselines = {"tsne": Side(lambda split, n: pytest.fail(), lambda split: pytest.fail())}
    canvas = painted(LatentMap(5000, False).draw(v))
    assert len(canvas.axes) == len(plain.axes) == 1 and canvas.axes[0].get_title() == ""
    assert tuple(canvas.get_size_inches()) == tuple(plain.get_size_inches())


def test_means_are_called_means(memory, painted):
    v = vae(memory())
    assert painted(LatentMap(5000, True).draw(v)).axes[0].get_title() == "means of q(z given x)"
    v.baselines = {"pca": beside(v)}
    titles = [axes.get_title() for axes in painted(LatentMap(5000, True).draw(v)).axes]
    assert titles == ["tiny, means of q(z given x)", "PCA"]


@pytest.mark.parametrize("k", range(1, MOST))
def test_one_legend_and_no_empty_frame_however_many_there_are(memory, view, painted, k):
    v = view(memory())
    v.baselines = {f"b{i}": beside(v) for i in range(k)}
    canvas = painted(LatentMap(5000, True).draw(v))
    assert len([axes for axes in canvas.axes if axes.axison]) == k + 1
    assert len([*canvas.legends, *(axes for axes in canvas.axes if axes.get_legend())]) == 1


def test_too_many_baselines_are_cut_with_a_notice(memory, view, painted, caplog):
    v = view(memory())
    v.baselines = {f"b{i}": beside(v) for i in range(MOST + 1)}
    assert len(painted(LatentMap(5000, True).draw(v)).axes) == MOST
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"figure.latent_map: shows the first {MOST - 1} of {MOST + 1} baselines"


def test_a_histogram_a_map_and_long_codes_side_by_side_with_many_classes(memory, view, painted):
    v = view(memory(n=400, classes=40), dim=1)
    v.baselines = {"lda": beside(v, 5), "tsne": beside(v, 2)}
    canvas = painted(LatentMap(5000, True).draw(v))
    one, five, two, bar = canvas.axes
    assert one.patches and one.get_ylabel() == "codes per bin"
    assert five.get_xlabel().startswith("principal component 1") and two.get_xlabel() == "$z_1$"
    assert bar.get_yticklabels()[1].get_text() == "class 2"


def test_a_baseline_without_codes_has_no_map(memory, view, painted):
    v = view(memory())
    v.baselines = {"gaussian": Side(v.trace, lambda split: pytest.fail(), places=False)}
    canvas = painted(LatentMap(100, True).draw(v))
    assert len([axes for axes in canvas.axes if axes.axison]) == 1
