"""A column of numbers: mean ± deviation over seeds, told with the digits that count, the best marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10, nan
from statistics import mean, stdev


@dataclass(frozen=True)
class Score:
    """x̄ ± √(Σ_i (x_i − x̄)²/(n − 1)) of one sample

    said, off: both numbers as text, with the decimals of their column; empty where there is none.
    """

    n: int
    mean: float
    deviation: float
    said: str
    off: str
    is_best: bool

    def text(self, plus_minus: str = " ± ") -> str:
        """`0.034 ± 0.003`, `0.034` of a single run, nothing of none."""
        return plus_minus.join(filter(None, (self.said, self.off)))


def scores(samples: Sequence[Sequence[float]], better: int = 0) -> list[Score]:
    """A column; `better` is 1 where higher is, -1 where lower is, 0 where nothing is."""
    means, deviations = moments(samples)
    form = number_format(means, deviations)
    said = [format(m, form) if sample else "" for m, sample in zip(means, samples, strict=True)]
    off = [format(d, form) if len(sample) > 1 else "" for d, sample in zip(deviations, samples, strict=True)]
    best = format(max((m for m in means if isfinite(m)), key=lambda m: better * m, default=nan), form)
    # nothing is best where all look alike
    is_told = better != 0 and len({*said} - {""}) > 1
    columns = zip(map(len, samples), means, deviations, said, off, strict=True)
    return [Score(*one, is_best=is_told and isfinite(one[1]) and one[3] == best) for one in columns]


def aligned(column: Iterable[Score]) -> list[str]:
    """As plain text: ± below ±, a star behind the best."""
    column = list(column)
    wide = max((len(score.off) for score in column), default=0)
    is_starred = any(score.is_best for score in column)
    return [
        score.said
        + (f" ± {score.off:>{wide}}" if score.off else " " * (wide + 3) * bool(wide))
        + (" *" if score.is_best else "  " * is_starred)
        for score in column
    ]


def moments(samples: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """The mean and the sample deviation of each; NaN where there is none."""
    means = [mean(sample) if sample else nan for sample in samples]
    return means, [stdev(s) if len(s) > 1 and all(map(isfinite, s)) else nan for s in samples]


def number_format(values: Sequence[float], spreads: Sequence[float] = ()) -> str:
    """One for a column, with the same decimals: four digits of the largest, at least two of the smallest."""
    whole = (isfinite(v) and float(v).is_integer() and abs(v) < 1e9 for v in (*values, *spreads) if v == v)
    if all(whole):
        return ".0f"
    orders = [floor(log10(abs(value))) for value in values if value and isfinite(value)]
    low, high = min(orders, default=0), max(orders, default=0)
    if high < -3 or high > 6 or high - low > 4:
        return ".3e"
    return f".{max(3 - high, 1 - low, 0)}f"
