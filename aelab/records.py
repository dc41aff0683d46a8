"""What the folders of runs say of them, read without importing anything heavy."""

import json
import os
import platform
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from aelab.errors import UserError
from aelab.lock import is_held

FACTS = ("seconds", "epochs", "parameters")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class Record:
    """What a run's folder says of it."""

    folder: Path
    status: str = "unfinished"
    why: str = ""
    seed: Any = None
    device: str = ""
    overrides: list[str] = field(default_factory=list)  # as they were typed
    settings: dict[str, str] = field(default_factory=dict)  # the overrides but the seed
    numbers: dict[str, float] = field(default_factory=dict)  # metrics and FACTS


def each(step: Callable[[In], Out], things: Iterable[In]) -> list[Out]:
    """Every result, or every problem at once."""
    results, problems = [], []
    for thing in things:
        try:
            results.append(step(thing))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return results


def find(root: Path) -> list[Path]:
    """The runs under a folder, 2 before 10."""
    if not root.is_dir():
        what = f"'{root}' is a file, not a folder" if root.exists() else f"no folder '{root}'"
        raise UserError(f"report: {what}")
    found = []
    for folder, below, files in os.walk(root):
        below[:] = sorted((name for name in below if not name.startswith(".")), key=natural)
        known = {"results.json", "status.json"} & {*files}
        # a sweep's own folder is no run: its cells are
        if "sweep.json" not in files and (known or os.path.isfile(f"{folder}/.hydra/overrides.yaml")):
            found.append(Path(folder))
            below.clear()
    if not found:
        raise UserError(f"report: no runs under '{root}'")
    return found


def natural(text: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def read(folder: Path) -> Record:
    """A run with results.json is whole; of any other there is a status at best."""
    run = Record(folder)
    said = parsed(folder / "results.json", json.loads, dict)
    if said is not None:
        run.status, run.device = said.get("status", "completed"), said.get("device", "")
        if not isinstance(said.get("metrics"), dict):
            raise UserError(f"{folder / 'results.json'}: is broken (no metrics)")
        found = said["metrics"] | {name: said.get(name) for name in FACTS}
        run.numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    else:
        try:
            said = parsed(folder / "status.json", json.loads, dict) or {}
        except UserError:  # cut short by what ended the run
            said = {"why": "its status.json is broken"}
        run.status, run.why = said.get("status", run.status), " ".join(str(said.get("why", "")).split())
        if run.status == "running" and is_gone(folder, said.get("host")):
            run.status, run.why = "unfinished", "its process is gone"
        if run.status == "completed":
            run.status, run.why = "unfinished", "it says completed, but has no results.json"
    overrides = said.get("overrides")
    if overrides is None:
        overrides = parsed(folder / ".hydra/overrides.yaml", yaml.safe_load, list) or []
    run.overrides = [str(override) for override in overrides]
    run.settings = asked(run.overrides)
    run.seed = said.get("seed", run.settings.get("seed"))
    run.settings.pop("seed", None)
    return run


def asked(overrides: Iterable[str]) -> dict[str, str]:
    """Setting -> value, as they were typed."""
    pairs = (override.partition("=") for override in overrides)
    return {key.lstrip("+~"): "removed" if key.startswith("~") else value for key, _, value in pairs}


def is_gone(folder: Path, host: Any) -> bool:
    """Whether the process that trained in it ended and could not say so; of other machines nobody knows."""
    try:
        import fcntl  # noqa: F401  without it a folder cannot be held
    except ImportError:
        return False
    return host == platform.node() and not is_held(folder)


def parsed(file: Path, parse: Callable[[str], Any], kind: type) -> Any:
    """A file's content; None if there is no such file."""
    try:
        content = parse(file.read_text(encoding="utf-8"))
        if isinstance(content, kind):
            return content
        why = f"it holds a {type(content).__name__}"
    except FileNotFoundError:
        return None
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
    raise UserError(f"{file}: is broken ({why})")
