"""The axis of a setting: numbers where they are, on the scale that keeps them apart; words side by side."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise
from textwrap import wrap

from matplotlib.axes import Axes

from aelab.figure import canvas as look

LETTER, GAP = 0.072, 0.12  # inches of a letter below an axis, and between two words
LONGEST = 30  # letters of a word
UNSET = "not set"


class SettingAxis:
    """The values of one setting, as they were typed; an empty one was not.

    at: value -> its place on the axis.
    is_numeric: whether all of them are numbers.
    is_log: whether ratios count, since values lie more evenly then; beyond the smallest, where there are
        zeros or negative numbers.
    """

    def __init__(self, name: str, values: Sequence[str]) -> None:
        self.name, self.is_log = name, False
        numbers = {value: number(value) for value in values}
        self.is_numeric = all(map(math.isfinite, numbers.values()))
        if not self.is_numeric:
            numbers = {value: float(i) for i, value in enumerate(values)}
        elif len({*numbers.values()}) > 2:
            scaled = logarithm(numbers.values())
            logs = {value: scaled(x) for value, x in numbers.items()}
            self.is_log = evenness(logs.values()) > evenness(numbers.values())
            numbers = logs if self.is_log else numbers
        self.at = dict(sorted(numbers.items(), key=lambda item: item[1]))

    @property
    def inches(self) -> float:
        """That words take side by side, broken at commas; numbers stay out where there is no room."""
        lines = [line for value in self.at for line in shortened(value).replace(",", ",\n").split("\n")]
        return 0 if self.is_numeric else len(self.at) * (LETTER * max(map(len, lines)) + GAP)

    def below(self, axes: Axes, inches: float, is_shown: bool, is_last: bool) -> None:
        """Limits and ticks of axes so many inches wide.

        is_shown: whether what they are is written below.
        is_last: whether panels end there; below others is the room of one that is missing.
        """
        places = [*self.at.values()]
        across = places[-1] - places[0]
        room = 0.06 * across if self.is_numeric and across else 0.5
        axes.set_xlim(places[0] - room, places[-1] + room)
        axes.set_xticks(places)
        if not is_shown:
            axes.tick_params(labelbottom=False)
            return
        words = [shortened(value) for value in self.at]
        each = inches / (across + 2 * room)  # inches of a unit
        is_tight = self.inches > inches
        if self.is_numeric:
            wide = [LETTER * len(word) + GAP for word in words]
            words = thinned([place * each for place in places], words, wide)
        elif not is_tight:
            words = ["\n".join(wrap(word.replace(",", ", "), int((each - GAP) / LETTER))) for word in words]
        axes.set_xticklabels(words, **({"rotation": 30, "ha": "right"} if is_tight else {}))
        axes.set_xlabel(f"{self.name}{', log scale' if self.is_log else ''}", fontsize=look.TEXT)
        axes.xaxis.set_in_layout(is_last or is_tight)


def number(value: str) -> float:
    """NaN for a word."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def logarithm(numbers: Collection[float]) -> Callable[[float], float]:
    """x -> log₁₀ x; where not all are positive, 0 -> 0 and others ±(1 + log₁₀ |x|/s), s the least size"""
    if min(numbers) > 0:
        return math.log10
    s = min(abs(x) for x in numbers if x)

    return lambda x: math.copysign(1 + math.log10(abs(x) / s), x) if x else 0.0


def evenness(places: Iterable[float]) -> float:
    """The smallest gap as a share of the whole."""
    ordered = sorted({*places})
    return min(b - a for a, b in pairwise(ordered)) / (ordered[-1] - ordered[0])


def shortened(value: str) -> str:
    return (value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…") or UNSET


def thinned(places: Sequence[float], words: Sequence[str], wide: Sequence[float]) -> list[str]:
    """The words that do not run into the one before them; the others empty. All in inches."""
    kept, end = [], -math.inf
    for place, word, width in zip(places, words, wide, strict=True):
        fits = place - width / 2 >= end
        kept.append(word if fits else "")
        end = place + width / 2 if fits else end
    return kept
