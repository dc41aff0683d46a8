"""What a run's composed configuration says, line by line: to parse a thousand of them would take a minute."""

import re
from dataclasses import dataclass, field

from aelab.records import Record

# of the data, what may differ where scores compare: how they are read, which rows make which split
HARMLESS = {"root", "batch_size", "augment", "split_seed"}


@dataclass(frozen=True)
class Composed:
    """Of a run's `.hydra/config.yaml`; all of it empty where there is none.

    objective: the metric that the run is after; empty for null.
    loss: the terms and their weights, as the file has them.
    data: the settings of the data set that make its scores what they are.
    """

    objective: str = ""
    loss: str = ""
    data: dict[str, str] = field(default_factory=dict)


def composed(run: Record) -> Composed:
    try:
        text = (run.folder / ".hydra/config.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return Composed()
    objective = block(text, "objective").strip(" \n'\"")
    data = re.finditer(r"^  (\w+):(.*\n(?:   .*\n|  - .*\n)*)", block(text, "dataset"), re.M)
    return Composed(
        "" if objective == "null" else objective,
        block(text, "loss"),
        {key: value for key, value in (found.groups() for found in data) if key not in HARMLESS},
    )


def block(text: str, name: str) -> str:
    """A top-level setting of a YAML file: the rest of its line and the lines that belong to it."""
    found = re.search(rf"^{name}:(.*\n(?:[ -].*\n)*)", text + "\n", re.M)
    return found[1] if found else ""
