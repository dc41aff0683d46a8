"""metrics.csv: one row an epoch, stage by stage."""

import csv
import os
from pathlib import Path
from typing import Any


class History:
    """The rows of metrics.csv, in memory and, when flushed, whole on disk."""

    def __init__(self, path: Path) -> None:
        self.path, self.flushed, self.said = path, True, 0
        self.rows: list[dict[str, Any]] = []

    def add(self, **row: Any) -> None:
        self.rows.append(row)
        self.flushed = False

    def amend(self, **cells: Any) -> None:
        """More cells for the last row."""
        self.rows[-1] |= cells
        self.flushed = False

    def extend(self, rows: list[dict[str, Any]]) -> None:
        """Rows of before, which nobody needs to be told."""
        self.rows += rows
        self.said, self.flushed = len(self.rows), False

    def unsaid(self) -> list[dict[str, Any]]:
        """The rows that came since the last call."""
        rows, self.said = self.rows[self.said :], len(self.rows)
        return rows

    def load(self) -> None:
        """The rows of the file, for a run that goes on."""
        self.rows = read(self.path)
        self.said, self.flushed = len(self.rows), True

    def rewind(self, stage: str, step: int) -> None:
        """Drop what lies behind a checkpoint of this stage at this step."""
        rows = self.rows
        stages = list(dict.fromkeys(row["stage"] for row in rows))
        earlier = set(stages[: stages.index(stage)]) if stage in stages else set(stages)
        self.rows = [r for r in rows if r["stage"] in earlier or (r["stage"] == stage and r["step"] <= step)]
        self.said, self.flushed = len(self.rows), False

    def flush(self) -> None:
        """Write the file anew, atomically: columns are what any row has."""
        if self.flushed:
            return
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        with partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows)
        os.replace(partial, self.path)
        self.flushed = True


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a metrics.csv, numbers as numbers, empty cells left out; [] where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        lines = csv.reader(file)
        columns = next(lines, [])
        return [
            {
                name: cell if name == "stage" else number(cell)
                for name, cell in zip(columns, line, strict=False)
                if cell
            }
            for line in lines
            if line
        ]


def number(cell: str) -> Any:
    """A cell as int or float where it is one."""
    try:
        return int(cell) if cell.isdecimal() else float(cell)
    except ValueError:
        return cell
