"""How many cells of a sweep have not begun yet, by what Hydra noted of the grid."""

import re
from collections import Counter
from collections.abc import Iterable
from math import prod
from pathlib import Path

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from aelab.records import Record


def waiting(runs: Iterable[Record], dirs: Iterable[Path]) -> int:
    """Over all the sweeps that lie in the folders; of a cell that was asked for itself, nothing."""
    begun = Counter(run.folder.parent for run in runs if run.folder not in {*dirs})
    return sum(max(0, cells(folder / "multirun.yaml") - n) for folder, n in begun.items())


def cells(file: Path) -> int:
    """Of the whole grid; 0 where nobody knows, as with a sweeper that chooses as it goes."""
    try:
        text = file.read_text("utf-8")
        found = re.search(r"^  overrides:\n(?:.*\n)*?    task:\n((?:    - .*\n)+)", text, re.M)
        asked = yaml.safe_load(found[1]) if found and "BasicSweeper" in text else []
        parsed = OverridesParser.create().parse_overrides([str(one) for one in asked])
        return prod(len([*one.sweep_iterator()]) if one.is_sweep_override() else 1 for one in parsed)
    except (OSError, ValueError, TypeError, yaml.YAMLError, HydraException):
        return 0
