"""The runs of a sweep, and what tells them apart."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aelab.command.resume import overrides_of
from aelab.errors import UserError
from aelab.grammar import endings
from aelab.records import natural


def cells(sweep: Path) -> tuple[list[Path], list[Path]]:
    """(the finished runs, the others) directly in a folder, 2 before 10."""
    if not sweep.is_dir():
        raise UserError(f"sweep: '{sweep}' does not exist")
    if (sweep / ".hydra" / "config.yaml").is_file():
        raise UserError(f"sweep: '{sweep}' is a run; draw it with run='{sweep}'")
    runs = [folder for folder in sweep.iterdir() if (folder / ".hydra" / "config.yaml").is_file()]
    runs.sort(key=lambda folder: natural(folder.name))
    whole = [folder for folder in runs if (folder / "results.json").is_file()]
    if not whole:
        there = f"{len(runs)} unfinished ones" if runs else "no runs"
        raise UserError(f"sweep: '{sweep}' has {there} directly in it, none to draw; a run has results.json")
    return whole, [folder for folder in runs if folder not in whole]


def varying(folders: Sequence[Path]) -> list[dict[str, str]]:
    """What each run was asked for and not every run was, by the settings' short names: {dim: 2, seed: 0}."""
    asked = [overrides_of(folder) for folder in folders]
    common = set(asked[0]).intersection(*asked)
    own = [[text.partition("=") for text in texts if text not in common] for texts in asked]
    short = endings(key for texts in own for key, _, _ in texts)
    return [{short[key]: value for key, _, value in texts} for texts in own]


def titles(folders: Sequence[Path]) -> list[str]:
    """What tells each run from the others: `dim=2, seed=0`; no two alike."""
    names = [", ".join(f"{key}={value}" for key, value in own.items()) for own in varying(folders)]
    alike = Counter(names)
    return [
        name if name and alike[name] == 1 else folder.name
        for name, folder in zip(names, folders, strict=True)
    ]
