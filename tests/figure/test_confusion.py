"""Cells hold the counts, the matching stands on the diagonal, and acc is the metric's."""

import re
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from aelab.figure.confusion import Confusion, drawn
from aelab.metric.cluster_agreement import agreement


def cells(axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def frames(axes) -> int:
    return sum(isinstance(patch, Rectangle) and patch.get_width() == 1 for patch in axes.patches)


@pytest.mark.parametrize(("k", "classes"), [(3, 3), (2, 5), (6, 3), (5, 2)])
def test_counts_lie_at_their_cluster_and_label(k, classes, clusters, memory, painted):
    dataset = memory(n=300, classes=classes)
    dataset.rows.y[::7] = -1
    v = clusters(dataset, k)
    canvas = painted(Confusion().draw(v))
    axes, table = canvas.axes[0], cells(canvas.axes[0])
    z, y = v.codes("test")
    cluster = v.model.latent.assign(z).argmax(1)
    rows = [int(text.get_text().split()[0]) for text in axes.get_yticklabels()]
    columns = [int(text.get_text().split()[1]) for text in axes.get_xticklabels()]
    assert sorted(rows) == list(range(k)) and sorted(columns) == list(range(classes))
    by_hand = [[int(((cluster == i) & (y == c)).sum()) for c in columns] for i in rows]
    np.testing.assert_array_equal(table, by_hand)
    sizes = [int(text.get_text().split("(")[1][:-1]) for text in axes.get_yticklabels()]
    assert sizes == table.sum(1).tolist()
    written = {
        (round(t.get_position()[1]), round(t.get_position()[0])): int(t.get_text()) for t in axes.texts
    }
    assert written == {place: count for place, count in np.ndenumerate(table) if count}
    known = (y >= 0).numpy()
    acc = agreement(cluster.numpy()[known], y.numpy()[known])["acc"]
    assert np.trace(table) / table.sum() == pytest.approx(acc) and frames(axes) == min(k, classes)
    assert re.findall(r"acc ([\d.]+):", canvas.get_suptitle()) == [f"{acc:.3f}"]
    matched = columns[: min(k, classes)]
    assert matched == sorted(matched)


@pytest.mark.parametrize(("k", "c"), [(1, 1), (2, 2), (60, 30), (61, 2), (2, 31), (100, 100), (5, 26)])
def test_words_stay_on_the_sheet_and_off_each_other(k, c, painted):
    table = np.random.default_rng(0).integers(0, 99999, (k, c))
    canvas = painted(
        drawn(table, list(range(k)), [f"quite long {i}" for i in range(c)], min(k, c), "heading")
    )
    axes = canvas.axes[0]
    words = [axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    boxes = [word.get_window_extent() for word in words]
    whole = canvas.bbox
    assert all(whole.x0 <= b.x0 and b.x1 <= whole.x1 and whole.y0 <= b.y0 and b.y1 <= whole.y1 for b in boxes)
    heights = sorted(
        (text.get_window_extent().y0, text.get_window_extent().y1) for text in axes.get_yticklabels()
    )
    assert all(a[1] <= b[0] + 1 for a, b in pairwise(heights))
    counted = k <= 60 and c <= 30
    assert bool(axes.texts) == counted and len(canvas.axes) == 2 - counted
    if counted:
        width = axes.get_window_extent().width / c
        assert all(text.get_window_extent().width <= width for text in axes.texts)
    else:
        np.testing.assert_allclose(cells(axes).sum(1), 1)


def test_says_why_there_is_nothing_to_draw(clusters, memory, view, reason):
    line = reason(Confusion(), clusters(memory(classes=0)))
    assert line == "draws clusters against labels, and these rows have none"
    assert "makes none" in reason(Confusion(), view(memory()))
