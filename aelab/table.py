"""Tables as plain text and as CSV, and the one way to write to the terminal."""

import csv
import io
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import floor, isfinite, log10, nan
from statistics import mean, stdev
from textwrap import fill

Cell = str | int | float | None


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Aligned columns under a ruled header (an empty one is left out), columns of numbers to the right."""
    body = [[as_text(cell) for cell in row] for row in rows]
    right = [all(map(is_number, column)) for column in zip(*body, strict=True)] or [False] * len(header)
    lines = [list(header), *body] if header else body
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    if header:
        lines.insert(1, ["─" * wide for wide in widths])
    columns = list(zip(widths, right, strict=True))
    return "".join(
        "  ".join(pad(cell, *column) for cell, column in zip(line, columns, strict=True)).rstrip() + "\n"
        for line in lines
    )


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The same for other programs, with every digit."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue()


def as_text(cell: Cell) -> str:
    """One line; a float with four significant digits, None as a blank."""
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return "" if cell is None else " ".join(str(cell).splitlines())


def is_number(cell: str) -> bool:
    """`12`, `1,797`, `0.03 ± 0.01 *` and a blank are; `[mse]` and `mnist` are not."""
    try:
        float((cell.split() or ["0"])[0].replace(",", ""))
    except ValueError:
        return False
    return True


def width(text: str) -> int:
    """Columns in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    marks = ("Mn", "Me", "Cf")
    return sum(
        0 if unicodedata.category(c) in marks else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text
    )


def pad(text: str, wide: int, right: bool = False) -> str:
    """Blanks up to a width, before the text if it stands to the right."""
    blanks = " " * (wide - width(text))
    return blanks + text if right else text + blanks


def fitting(columns: Iterable[Iterable[str]], limit: int) -> int:
    """How many of a table's columns, from the left, a terminal takes."""
    ends = accumulate(max(map(width, column)) + 2 for column in columns)
    return sum(end - 2 <= limit for end in ends)


def wrap(text: str, columns: int, first: str = "", later: str = "") -> str:
    """Lines no longer than the terminal, words kept whole; `first` and `later` open them."""
    lines = fill(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or first.rstrip()


def spread(samples: Sequence[Sequence[float]], better: int = 0) -> list[str]:
    """A column of `mean ± sample deviation`, the best one starred; `better` is 1 for higher, -1 for lower."""
    means, sigmas = moments(samples)
    form = number_format(means, sigmas)
    shown = [format(m, form) if sample else "" for m, sample in zip(means, samples, strict=True)]
    tails = [format(sigma, form) if len(s) > 1 else "" for sigma, s in zip(sigmas, samples, strict=True)]
    wide = max(map(len, tails), default=0)
    tails = [f" ± {tail:>{wide}}" if tail else " " * (wide + 3) * bool(wide) for tail in tails]
    best = max((m for m in means if isfinite(m)), key=lambda m: better * m, default=nan)
    # nothing is best where all look alike
    stars = better and len({*shown} - {""}) > 1
    marks = [(" *" if m == format(best, form) else "  ") if stars else "" for m in shown]
    return ["".join(parts) for parts in zip(shown, tails, marks, strict=True)]


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


def count(n: int, what: str) -> str:
    """`1 code`, `2 codes`"""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def write(text: str) -> None:
    """To stdout, with `?` for what its encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
