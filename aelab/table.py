"""Tables as plain text and as CSV, and the one way to write to the terminal."""

import csv
import io
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate
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


def count(n: int, what: str) -> str:
    """`1 code`, `2 codes`"""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def write(text: str) -> None:
    """To stdout, with `?` for what its encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
