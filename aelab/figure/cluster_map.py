"""Where clusters lie among the codes, beside where the labels do."""

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from aelab.cluster.agreement import matched
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.clustered import Clustered, clustered
from aelab.figure.figure import Figure, View
from aelab.figure.latent_map import Map, key, panels, placed, show

MARGIN = 0.05  # of the longer side, around dots and centroids


class ClusterMap(Figure):
    """z₁ against z₂ and the centroids m_k, in the colours of clusters argmax_k q_ik and in those of labels

    Of longer codes, the two directions of largest variance. A cluster has the colour of the label that it is
    matched to, one to one so that most rows agree; what is left over has a colour of its own.     [Kuhn 1955]

    points: at most this many in each panel, the same, drawn once.
    """

    def __init__(self, points: int) -> None:
        at_least(points=(points, 1))
        self.points = points

    def draw(self, view: View) -> Canvas | None:
        found = clustered(view, self)
        if found is None:
            return None
        dataset, clusters = view.dataset, list(range(found.k))
        labels = [] if found.y is None else found.y.unique().tolist()
        of_clusters, of_labels, matching = coloured(found, labels)
        maps = [placed("clusters", found.z, found.cluster, self.points, found.centroids)]
        if found.y is not None:
            what = "in the colours of their matched labels" if matching else "in colours of their own"
            maps[0].name = f"clusters, {what}"
            maps.append(placed("labels", found.z, found.y, self.points, found.centroids))
        classes = [look.class_name(dataset, label) for label in labels]
        beside = 0.1 * max(map(len, classes)) + 0.5 if classes else 0.1  # inches for the classes' names
        canvas, grid = panels(maps, beside, look.heading("Clusters", dataset, view.name))
        known, colours = (clusters, labels), (of_clusters, of_labels)
        for axes, one, numbers, own in zip(grid, maps, known, colours, strict=False):
            show(axes, one, numbers, own, look.TEXT if len(maps) == 1 else look.SMALL)
            mark(axes, one)
            if len(maps) > 1:
                axes.set_title(one.name, fontsize=look.TEXT, color=look.INK)
        key(canvas, grid, len(maps), classes, of_labels)
        return canvas


def coloured(found: Clustered, labels: list[int]) -> tuple[list[look.Colour], list[look.Colour], bool]:
    """(colours of clusters, colours of labels, whether those that are matched have the same)

    Beyond 20, palettes are scales, and labels must not all lie at one end of theirs.
    """
    known = [label for label in labels if label >= 0]
    of = matched(found.table(max(known) + 1)[:, known]) if known else {}  # cluster -> place in known
    rest = [k for k in range(found.k) if k not in of]
    if not known or (rest and len(known) + len(rest) > 20):
        return look.class_colours(list(range(found.k))), look.class_colours(labels), False
    palette = look.class_colours(list(range(len(known) + len(rest))))
    of |= {k: len(known) + i for i, k in enumerate(rest)}
    grey = look.class_colours([label for label in labels if label < 0])
    return [palette[of[k]] for k in range(found.k)], [*grey, *palette[: len(known)]], True


def mark(axes: Axes, one: Map) -> None:
    """Number the centroids, and let axes end where neither a dot nor one of them is left."""
    assert one.marks is not None
    few = len(one.marks) <= 10
    style: dict[str, Any] = {"fontsize": 8 if few else 6.5, "color": look.INK}
    if one.z.shape[1] == 1:
        top = axes.get_xaxis_transform()
        for k, (x,) in enumerate(one.marks.tolist()):
            axes.axvline(x, color=look.INK, linewidth=0.9, linestyle=":")
            axes.text(x, 1.01, str(k), transform=top, ha="center", va="bottom", **style)
        return
    where = torch.cat([one.z, one.marks])
    low, high = where.amin(0), where.amax(0)
    half = (0.5 + MARGIN) * (high - low).max().clamp_min(1e-6)
    (left, bottom), (right, top) = ((low + high) / 2 - half).tolist(), ((low + high) / 2 + half).tolist()
    axes.set(xlim=(left, right), ylim=(bottom, top))
    dot: dict[str, Any] = {"facecolor": "white", "edgecolor": look.INK, "linewidth": 0.9, "alpha": 0.9}
    for k, (x, y) in enumerate(one.marks.tolist()):  # whole ones over others
        axes.scatter(x, y, s=150 if few else 90, zorder=3 + k, **dot)
        axes.text(x, y, str(k), ha="center", va="center_baseline", zorder=3 + k, **style)
