"""How good clusters were from epoch to epoch, and how much they still changed."""

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View

LABELS = {"acc": "accuracy", "nmi": "NMI", "ari": "ARI"}
COLOURS = (look.BLUE, look.ORANGE, "#2f855a", "#805ad5", look.GREY)


class ClusterCurves(Figure):
    """acc, nmi and ari beside labels; NMI with the clusters of before, and the share of rows that changed

    From the rows of metrics.csv: those of callback=cluster_history, and what the players told.
    """

    def draw(self, view: View) -> Canvas | None:
        last = view.history[-1]["stage"] if view.history else ""
        stage = next((row["stage"] for row in reversed(view.history) if told([row])), last)
        rows = [row for row in view.history if row["stage"] == stage]
        names = told(rows)
        groups = {
            "clusters beside labels": [name for name in names if name.removeprefix("train/") in LABELS],
            "clusters beside those of before": [
                name for name in names if name.removeprefix("train/") not in LABELS
            ],
        }
        shown = {title: group for title, group in groups.items() if group}
        if not shown:
            return self.nothing(
                "draws scores of clusters by epoch; callback=[checkpoint,cluster_history] takes them"
            )
        heading = f"Cluster scores: {view.name} on {type(view.dataset).__name__}"
        canvas = look.sheet(7.2 if len(shown) == 1 else 5.0 * len(shown), 3.4, heading)
        grid = canvas.subplots(1, len(shown), squeeze=False)
        for axes, (title, group) in zip(grid.flat, shown.items(), strict=True):
            curves(axes, rows, group)
            axes.set_title(title, fontsize=look.TEXT, color=look.INK)
            axes.set_xlabel("epoch" if stage == "train" else f"epoch of {stage}", fontsize=look.TEXT)
        return canvas


def told(rows: Iterable[dict[str, Any]]) -> list[str]:
    """The columns that tell of clusters, in the order in which they came."""
    known = (*LABELS, "nmi_before")
    names = dict.fromkeys(name for row in rows for name in row if name.startswith("train/"))
    return [
        name for name in names if name.removeprefix("train/") in known or name.endswith(("_nmi", "_changed"))
    ]


def curves(axes: Axes, rows: list[dict[str, Any]], names: list[str]) -> None:
    """Each column as a line; all of them lie between 0 and 1."""
    look.plain(axes)
    for name, colour in zip(names, (COLOURS * len(names))[: len(names)], strict=True):
        cells = [(row["epoch"], row[name]) for row in rows if name in row]
        epochs, values = zip(*cells, strict=True)
        marker = "o" if len(cells) <= 20 else None
        axes.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.7, label=words(name))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.legend(frameon=False, fontsize=look.TEXT)


def words(column: str) -> str:
    """`train/pseudo_labels_nmi` -> `NMI of pseudo-labels`"""
    name = column.removeprefix("train/")
    if name in LABELS:
        return LABELS[name]
    if name == "nmi_before":
        return "NMI"
    if name.endswith("_changed"):
        return f"share of rows that changed ({name.removesuffix('_changed')})"
    return f"NMI of {name.removesuffix('_nmi').replace('_', ' ')}"
