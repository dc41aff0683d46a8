"""What a sweep's runs scored, as lines over one of its settings."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from aelab.comparison import grouped, numbers
from aelab.figure import canvas as look
from aelab.figure.setting_axis import UNSET, SettingAxis
from aelab.grammar import endings
from aelab.places import conf_dir
from aelab.records import Record
from aelab.score import moments


@dataclass
class Line:
    """What is joined: the runs that differ in the setting on the axis and the seed alone.

    runs: where they stand -> those that do.
    baseline: whose scores beside theirs are meant.
    shift: of its points on the axis, so that bars do not lie on each other.
    """

    label: str
    runs: dict[float, list[Record]]
    colour: look.Colour
    baseline: str = ""
    shift: float = 0

    def samples(self, metric: str) -> dict[float, list[float]]:
        """Where -> the numbers of a metric there; those that are not finite as NaN."""
        split, slash, name = metric.rpartition("/")
        whole = f"{split}{slash}{self.baseline and f'{self.baseline}_'}{name}"
        found = {place: numbers(group, whole) for place, group in self.runs.items()}
        return {place: [x if math.isfinite(x) else math.nan for x in own] for place, own in found.items()}


def of(runs: Sequence[Record], axis: SettingAxis, others: list[str]) -> Iterator[Line]:
    """The lines over an axis, by what the other settings are."""
    groups = grouped(runs, others)
    short, n = endings(others), len(groups)
    colours = [look.BLUE] if n == 1 else look.class_colours(list(range(n)))
    for i, (own, group) in enumerate(groups.items()):
        said = (f"{short[name]}={value or UNSET}" for name, value in zip(others, own, strict=True))
        shift = 0 if axis.is_numeric else (i - (n - 1) / 2) * min(0.15, 0.6 / n)
        standing: dict[float, list[Record]] = {place: [] for place in axis.at.values()}
        for (value,), some in grouped(group, [axis.name]).items():
            standing[axis.at[value]] += some
        yield Line(", ".join(said) or "these runs", standing, colours[i], shift=shift)


def beside(lines: Sequence[Line], metric: str) -> Iterator[Line]:
    """The baselines' lines in the panel of a metric; a single one where the baseline is the same for all."""
    for baseline in baselines():
        own = [replace(line, label=f"{baseline}, {line.label}", baseline=baseline) for line in lines]
        first = {
            place: next(filter(None, (line.runs[place] for line in lines)), []) for place in lines[0].runs
        }
        one = Line(baseline, first, look.GREY, baseline)
        same = one.samples(metric)
        every = [item for line in own for item in line.samples(metric).items()]
        if any(found for _, found in every):
            yield from [one] if all(found in ([], same[place]) for place, found in every) else own


def baselines() -> list[str]:
    return sorted(path.stem for path in (conf_dir() / "baseline").glob("*.yaml"))


def draw(axes: Axes, line: Line, metric: str, is_joined: bool) -> None:
    """The means and deviations, and the single runs faintly."""
    samples = line.samples(metric)
    means, deviations = moments(list(samples.values()))
    places = [place + line.shift for place in samples]
    axes.errorbar(places, means, deviations, fmt="none", ecolor=line.colour, elinewidth=1.2, capsize=3)
    axes.plot(
        places,
        means,
        label=line.label,
        color=line.colour,
        linestyle=("--" if line.baseline else "-") if is_joined else "none",
        linewidth=1.7,
        marker="D" if line.baseline else "o",
        markersize=3.5 if line.baseline else 5.5,
        zorder=4,
    )
    if not line.baseline:
        single = [
            (x, y) for x, own in zip(places, samples.values(), strict=True) for y in own if len(own) > 1
        ]
        hollow = {"s": 13, "facecolor": "white", "edgecolor": line.colour, "linewidths": 0.7, "zorder": 3}
        axes.scatter([x for x, _ in single], [y for _, y in single], **hollow)
