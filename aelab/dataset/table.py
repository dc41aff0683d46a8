"""A text table of numbers (.csv, .tsv, .txt), perhaps with a header and one column of labels."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from aelab.build import one_line
from aelab.dataset.refused import Refused
from aelab.errors import suggest

LABELS = ("y", "label", "labels", "target", "targets", "class")
"""Names that labels go by, in any case."""


@dataclass
class Table:
    """How a text table is written, judged by its first lines."""

    path: Path
    delimiter: str
    has_header: bool
    names: list[str]  # of the columns; their numbers where there is no header

    @classmethod
    def at(cls, path: Path) -> "Table":
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in islice(file, 20) if line.strip()]
        if not lines:
            raise Refused("file", f"{path} is empty")
        delimiter = next((sign for sign in ",;\t " if sign in lines[0].strip()), ",")
        first, *below = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        numbered = [str(i) for i in range(len(first))]
        words = [not is_number(cell) for cell in first]
        # a word above a number; words alone; or the column numbers that a data frame without names writes
        above = any(word and is_number(cell) for word, cell in zip(words, (below or [[]])[0], strict=False))
        header = above or (all(words) and not below) or (first == numbered and len(first) > 1)
        return cls(path, delimiter, header, first if header else numbered)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of what is below the header."""
        with self.path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=self.delimiter, skipinitialspace=True)
            for i, cells in enumerate(cells for cells in reader if cells):
                if i >= self.has_header:
                    yield reader.line_num, cells

    def column(self, labels: str | int | None) -> int | None:
        """The column of the labels."""
        if labels is None or (labels == "auto" and not self.has_header):
            return None
        if labels == "auto":
            return next((i for i, name in enumerate(self.names) if name.lower() in LABELS), None)
        if isinstance(labels, int):
            if not -len(self.names) <= labels < len(self.names):
                raise Refused("labels", f"{self.path} has {len(self.names)} columns, no column {labels}")
            return labels % len(self.names)
        if labels not in self.names:
            there = suggest(labels, self.names) if self.has_header else "; it has no header, so give a number"
            raise Refused("labels", f"{self.path} has no column '{labels}'{there}")
        return self.names.index(labels)

    def read(self, labels: str | int | None) -> tuple[np.ndarray, list[str] | None]:
        """(x [n, features] float32, the text of each row's label)."""
        column, y = self.column(labels), []
        apart: dict[int, Callable[[str], float]] = {}
        if self.has_header and self.names[0] == "":
            apart[0] = lambda _: 0.0  # a data frame's row numbers: they have no name
        if column is not None:
            apart[column] = lambda text: y.append(text.strip()) or 0.0
        if next(self.rows(), None) is None:
            raise Refused("file", f"{self.path} holds no rows")
        try:
            x = np.loadtxt(
                self.path,
                np.float32,
                comments=None,
                delimiter=None if self.delimiter == " " else self.delimiter,
                converters=apart or None,  # type: ignore[arg-type]
                skiprows=int(self.has_header),
                ndmin=2,
                encoding="utf-8-sig",
                quotechar='"',
            )
        except ValueError as error:
            raise self.first_problem(apart) or Refused("file", f"{self.path}: {one_line(error)}") from error
        return np.delete(x, list(apart), axis=1), None if column is None else y

    def first_problem(self, apart: dict[int, Callable[[str], float]]) -> Refused | None:
        start = None
        for line, cells in self.rows():
            start = start or line
            if len(cells) != len(self.names):
                return Refused(
                    "file", f"{self.path}, line {line}: {len(cells)} columns, not {len(self.names)}"
                )
            for i, (name, cell) in enumerate(zip(self.names, cells, strict=True)):
                if i in apart or is_number(cell):
                    continue
                if line == start and cell:
                    advice = f"if it is the label, dataset.labels={name}"
                    return Refused("file", f"{self.path}: column '{name}' holds text, '{cell}'", advice)
                said = f"'{cell}' is not a number" if cell else "is empty"
                return Refused("file", f"{self.path}, line {line}, column '{name}': {said}")
        return None


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
