"""What every cell of a sweep scored, over the setting that varies."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from aelab.comparison import better, chosen, final, union, values
from aelab.errors import UserError, suggest
from aelab.figure import canvas as look
from aelab.figure.figure import Sweep, SweepFigure
from aelab.figure.lines import Line, baselines, beside, draw, of
from aelab.figure.setting_axis import SettingAxis
from aelab.grammar import endings
from aelab.records import FACTS

WIDE, WIDEST, TALL = 4.2, 7.2, 2.9  # inches of a panel
SCALE = 0.8  # inches of them that the scale at its side takes
DIRECTIONS = {1: ", higher is better", -1: ", lower is better", 0: ""}
CLUSTERS = ("silhouette", "davies_bouldin", "inertia", "acc", "nmi", "ari")
UNITS = {
    **dict.fromkeys(("elbo", "nll", "kl", "mutual_information", "log_density"), "nats"),
    **dict.fromkeys(("psnr", "hole_psnr", "photo_psnr"), "dB"),
    "bpd": "bits per dimension",
    "mse": "per pixel or feature",
    "sse": "per row",
    "seconds": "s",
}


class Scores(SweepFigure):
    """A panel a metric: x̄ ± √(Σ_i (x_i − x̄)²/(n − 1)) over n seeds, and each x_i, over a setting

    Other settings that vary are lines of their own. A baseline is a broken line in the panel of the metric.
    Where a number is missing or not finite, the line has a gap.

    metrics: which, with or without their split, or patterns; null takes those of clusters where the runs
        have some, else all of the final split.
    over: the setting on the axis, whole or by the end of its name; null takes the numeric one of most values.
    """

    def __init__(self, metrics: list[str] | None, over: str | None) -> None:
        if metrics is not None and not metrics:
            raise ValueError("metrics must name one at least, or be null")
        self.metrics, self.over = metrics, over

    def compare(self, sweep: Sweep) -> Canvas | None:
        runs = sweep.runs
        asked = {name: own for name, own in values(runs).items() if len(own) > 1}
        names = self.panels(union(run.numbers for run in runs))
        seed = " but the seed" if len({run.seed for run in runs}) > 1 else ""
        whys = {
            "this sweep has one finished run": len(runs) == 1,
            f"nothing{seed} does in this sweep": not asked,
            "these runs have no metrics": not names,
        }
        for why in (why for why, holds in whys.items() if holds):
            return self.nothing(f"draws what runs scored over a setting that varies, and {why}")
        axis = self.axis(asked)
        lines = list(of(runs, axis, [name for name in asked if name != axis.name]))
        splits = {name.partition("/")[0] for name in names if "/" in name}
        of_rows = f"{splits.pop()} rows" if len(splits) == 1 else ""
        subject = ", ".join(filter(None, (sweep.name, of_rows)))
        k = len(names)
        wide = max(WIDE, min(WIDEST, axis.inches + SCALE)) if k > 1 else WIDEST
        columns = min(k, 2 if k == 4 or wide > WIDE else 3)
        rows = -(-k // columns)
        height = rows * TALL * (1 if k > 1 else 1.3) + 0.6
        canvas = look.sheet(wide * columns, height, f"Scores over {axis.name}: {subject}".rstrip(": "))
        grid = canvas.subplots(rows, columns, squeeze=False)
        for axes in grid.flat[k:]:
            axes.set_axis_off()
        for i, (axes, name) in enumerate(zip(grid.flat, names, strict=False)):
            look.plain(axes)
            metric = name.rpartition("/")[2]
            axes.set_title((metric if of_rows else name) + DIRECTIONS[better(name)], fontsize=look.TEXT)
            axes.set_ylabel(UNITS.get(metric, ""), fontsize=look.TEXT)
            for line in (*lines, *beside(lines, name)):
                draw(axes, line, name, axis.is_numeric)
            axes.ticklabel_format(axis="y", useOffset=False)
            axis.below(axes, wide - SCALE, i + columns >= k, i // columns == rows - 1)
        legend(canvas, list(grid.flat[:k]), note(lines))
        return canvas

    def panels(self, known: Sequence[str]) -> list[str]:
        """The metrics that are drawn, a panel each."""
        if self.metrics is not None:
            return chosen(self.metrics, known, "figure.scores.metrics: no metric")
        last = final(known) or [name for name in known if name not in FACTS]
        metrics = {name: name.rpartition("/")[2] for name in last}
        others = {f"{baseline}_{metric}" for baseline in baselines() for metric in metrics.values()}
        of_clusters = [name for own in CLUSTERS for name in last if metrics[name] == own]
        return of_clusters or [name for name in last if metrics[name] not in others]

    def axis(self, asked: dict[str, list[str]]) -> SettingAxis:
        """Of the settings that vary, by their values, the one that the others are lines over."""
        axes, short = [SettingAxis(name, own) for name, own in asked.items()], endings(asked)
        if self.over is None:
            return max(axes, key=lambda axis: (axis.is_numeric, len(axis.at)))
        for axis in axes:
            if self.over in (axis.name, short[axis.name]):
                return axis
        varies = f"; what varies is {', '.join(asked)}"
        raise UserError(f"figure.scores.over: no '{self.over}'{suggest(self.over, asked) or varies}")


def note(lines: Sequence[Line]) -> str:
    """What the points are."""
    sizes = sorted({len(group) for line in lines for group in line.runs.values() if group})
    if sizes == [1]:
        return "one run each"
    seeds = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    return f"mean ± sample standard deviation over {seeds} seeds; small circles: single runs"


def legend(canvas: Canvas, panels: Sequence[Axes], text: str) -> None:
    """Below all panels, the lines of any of them, where there are several, and the note."""
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if len(handles) < 2:
        canvas.supxlabel(text, fontsize=look.SMALL, color=look.GREY)
        return
    longest = 0.09 * max(map(len, handles)) + 0.6  # inches of an entry
    fitting = max(1, int(canvas.get_figwidth() / longest))
    style: dict[str, Any] = {"frameon": False, "fontsize": look.TEXT, "title_fontsize": look.SMALL}
    made = canvas.legend(
        [*handles.values()],
        [*handles],
        loc="outside lower center",
        ncols=min(fitting, len(handles)),
        title=text,
        **style,
    )
    made.get_title().set_color(look.GREY)
