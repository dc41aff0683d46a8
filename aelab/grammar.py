"""Hydra's grammar of overrides, and the names that folders take from them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException


def name_of_run(name: str | None, dataset: str, model: str, experiment: str) -> str:
    """The user's name for the run, else `mnist-vae2013` of an experiment, else `digits-mlp`."""
    what = model if experiment == "none" else experiment
    return re.sub(r"[/\\\s]+", "_", name or "-".join(dict.fromkeys([dataset, what])))


def slug(overrides: Sequence[str], varying: Sequence[str] = ()) -> str:
    """A folder name from the overrides that vary, or from all: `dim=2,seed=0`."""
    given = [text.partition("=") for text in map(str, overrides)]
    told = [text for text in given if text[0] in varying] or given
    short = endings([key for key, _, _ in told])
    told = [short[key] + sign + value for key, sign, value in told]
    return re.sub(r"[^\w.=,+-]+", "_", ",".join(told))[:80] or "default"


def endings(keys: Iterable[str]) -> dict[str, str]:
    """Each setting by the shortest end of its name that no other ends with: `dim`, or `kl.weight`."""
    every = {key: re.split(r"[./]", key) for key in keys}

    def end(key: str, n: int) -> str:
        return ".".join(every[key][-n:])

    def is_own(key: str, n: int) -> bool:
        return all(end(other, n) != end(key, n) for other in every if other != key)

    return {
        key: next((end(key, n) for n in range(1, len(parts)) if is_own(key, n)), key)
        for key, parts in every.items()
    }


PATHS = ("run", "sweep", "input", "output", "dataset.root")
"""Settings of the commands that hold a path."""


def literal(argument: str) -> str:
    """A path in the quotes of Hydra's grammar, so that it may hold any character."""
    key, _, value = argument.partition("=")
    if key not in PATHS or value in ("", "null") or value[0] in "'\"":
        return argument
    return quoted(key, value)


def quoted(key: str, value: str) -> str:
    """The override that gives a setting this text, whatever is in it."""
    return "{}='{}'".format(key, value.replace("'", "\\'"))


def chooses(argument: str, conf: Path) -> bool:
    """True for `model=conv`, an option of one of the groups below `conf`; a sweep over options is none."""
    try:
        override = OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return (conf / override.key_or_group).is_dir() and not override.is_sweep_override()


def malformed(argument: str, name: str) -> str:
    """A line for an override that Hydra's grammar does not take, the empty string for any other."""
    if argument.startswith("-"):
        return ""
    try:
        OverridesParser.create().parse_override(argument)
        return ""
    except HydraException:
        key, given, value = argument.partition("=")
        if name == "config" and given and {"/", "."} <= {*key}:
            dotted = argument.replace("/", ".", key.count("/"))
            return f"{argument}: '/' is for groups, as in model/prior=normal; a setting has dots, {dotted}"
        if not given or "/" in key:
            return f"{argument}: a setting has a '='" + (
                "" if name == "config" else f"; did you mean run={argument}?"
            )
        advice = f"a value with spaces or any of ,=()[]{{}} needs quotes: \"{key}='{value}'\""
        return f"{argument}: is not understood; {advice}"
