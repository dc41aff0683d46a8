"""Which labels lie in which clusters, as a table in the order of their matching."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from aelab.cluster.agreement import accuracy, matched
from aelab.figure import canvas as look
from aelab.figure.clustered import clustered
from aelab.figure.figure import Figure, View

MOST = 60, 30  # clusters and labels whose cells have room for a number
NAMES = 40  # along an axis at most
WIDE, TALL = 0.52, 0.3  # inches of a cell with a number
LARGE, LEAST = 8.0, 3.8  # inches of a table without, and of any across


class Confusion(Figure):
    """n_kc, the rows of cluster k and label c; acc = Σ_c n_π(c)c / n of the one-to-one matching π that makes
    it largest, whose cells are framed and lie on the diagonal     [Kuhn 1955]

    Clusters that no label is matched to come last, in the order of the labels that most of their rows have,
    and so do labels without a cluster. Rows without a label do not count.
    """

    def draw(self, view: View) -> Canvas | None:
        found = clustered(view, self)
        if found is None:
            return None
        if found.y is None:
            return self.nothing("draws clusters against labels, and these rows have none")
        dataset = view.dataset
        table = found.table(dataset.classes)
        pairs = sorted(matched(table).items(), key=lambda pair: pair[1])
        clusters = [k for k, _ in pairs]
        labels = [c for _, c in pairs]
        labels += [c for c in range(dataset.classes) if c not in labels]
        rest = [k for k in range(found.k) if k not in clusters]
        clusters += sorted(rest, key=lambda k: labels.index(int(table[k].argmax())))
        table = table[np.ix_(clusters, labels)]  # [K, C]
        what = f"Confusion, acc {accuracy(table):.3f}"
        names = [look.class_name(dataset, label) for label in labels]
        return drawn(table, clusters, names, len(pairs), look.heading(what, dataset, view.name))


def drawn(table: np.ndarray, clusters: list[int], names: list[str], pairs: int, heading: str) -> Canvas:
    """Counts in cells, the first pairs of the diagonal framed; of a large table only shares, as colours."""
    k, c = table.shape
    counted = k <= MOST[0] and c <= MOST[1]
    width, height = (c * WIDE, k * TALL) if counted else (LARGE * c / max(k, c), LARGE * k / max(k, c))
    width = max(width, LEAST)
    steep = max(map(len, names)) * 0.1 > width / min(c, NAMES)  # names that would run into each other
    foot = 0.6 + (0.07 * max(map(len, names)) if steep else 0)  # inches
    canvas = look.sheet(width + 1.6 + 0.9 * (not counted), max(height, 1.2) + foot + 0.5, heading)
    axes = canvas.add_subplot()
    sizes = table.sum(1)
    shares = table / sizes.clip(1)[:, None]
    shown = axes.imshow(
        table if counted else shares, cmap="Blues", vmin=0, aspect="auto", interpolation="nearest"
    )
    look.bare(axes)
    for i in range(pairs):
        axes.add_patch(
            Rectangle(
                (i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=look.ORANGE, linewidth=1.5, clip_on=False
            )
        )
    if counted:
        write(axes, table)
    else:
        bar = canvas.colorbar(shown, ax=axes, fraction=0.05, aspect=30)
        bar.outline.set_visible(False)
        bar.set_label("share of the cluster's rows", fontsize=look.TEXT)
        look.bare(bar.ax)
    every, across = (-(-k // (MOST[0] if counted else NAMES)), -(-c // NAMES))
    rows = [f"{cluster} ({size})" for cluster, size in zip(clusters, sizes.tolist(), strict=True)]
    axes.set_yticks(range(0, k, every), rows[::every])
    turned: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if steep else {}
    axes.set_xticks(range(0, c, across), names[::across], **turned)
    axes.set_ylabel("cluster (rows)", fontsize=look.TEXT)
    axes.set_xlabel("label (framed: matched)", fontsize=look.TEXT)
    return canvas


def write(axes: Axes, table: np.ndarray) -> None:
    """The numbers, white where it is dark; no zeros, so that the others stand out."""
    dark = 0.55 * table.max()
    for (row, column), count in np.ndenumerate(table):
        if count:
            colour = "white" if count > dark else look.INK
            axes.text(column, row, str(count), ha="center", va="center", fontsize=look.SMALL, color=colour)
