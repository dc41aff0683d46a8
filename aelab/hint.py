"""Did you mean: what Hydra rejects, said in one line with what it may have been."""

import re
from collections.abc import Collection, Iterable

from aelab.errors import closest, suggest

EXTRAS = {"joblib": "joblib", "submitit_slurm": "slurm", "submitit_local": "slurm", "ray": "ray"}
"""Launcher -> the extra of ours that brings it."""


def hint(error: str, known: Iterable[str], plain: Iterable[str] = ()) -> str:
    """One line for the text of Hydra's error, the empty string where the text is none of those known here.

    known: the dotted names of the settings (`aelab.setting.names` of the config with the options that were
        chosen), and, as far as the caller has them, the options of the groups: `loss/kl`.
    plain: the names of the settings where nothing was chosen.
    """
    known = list(known)
    if found := re.search(
        r"Could not override '([^'@]+)'|Could not delete from config. '(.+)' does not", error
    ):
        return unknown_setting(found[1] or found[2], known, plain)
    if found := re.search(r"Could not (?:find|load) '(.+)/([^'/]+)'", error):
        listed = error.partition("Available options in")[2].partition("Config search path")[0]
        own = [name.rpartition("/")[2] for name in known if name.rpartition("/")[0] == found[1]]
        return unknown_option(found[1], found[2], re.findall(r"^\t(\S+)$", listed, re.MULTILINE) or own)
    if found := re.search(r"An item is already at '(.+)'", error):
        return f"{found[1]}: is there already; to change it leave out the '+'"
    return ""


def unknown_option(group: str, option: str, options: Iterable[str]) -> str:
    if group == "hydra/launcher" and option in EXTRAS:
        return f"{group}={option}: needs pip install 'aelab[{EXTRAS[option]}]'"
    allowed = sorted(name for name in options if not name.startswith("_"))
    listed = f"; it takes {', '.join(allowed)}" if allowed else ""
    return f"{group}: no option '{option}'{suggest(option, allowed) or listed}"


def unknown_setting(name: str, known: Collection[str], plain: Iterable[str]) -> str:
    groups = {one.rpartition("/")[0] for one in known if "/" in one}
    if "/" in name:
        return f"{name}: no such group{suggest(name, sorted(groups))}"
    parts = name.split(".")
    for i in range(1, len(parts)):
        group, option = "/".join(parts[:i]), parts[i]
        if f"{group}/{option}" in known and ".".join(parts[: i + 1]) not in known:
            choice = selection(group, option, known)
            return f"{name}: {group}/{option} is not selected; select it with {choice}"
    settings = {one for one in known if "/" not in one} | {group.replace("/", ".") for group in groups}
    if name in {*settings, *plain}:  # of the options that stand there by default, and others were chosen
        return f"{name}: no such setting in the options that were chosen"
    if meant := correct(parts, settings):
        return f"{name}: no such setting; did you mean '{meant}'?"
    parent = name.rpartition(".")[0]
    there = [one for one in children(parent, settings) if not one.startswith("_")]
    start = f"{parent} has" if parent else "there are"
    return f"{name}: no such setting" + (f"; {start} {', '.join(there)}" if 0 < len(there) <= 12 else "")


def selection(group: str, option: str, known: Collection[str]) -> str:
    """`loss=[mse,kl]` where a group's options are entries of one mapping, else `model=conv`."""
    start = f"{group}/"
    options = [one.removeprefix(start) for one in known if one.startswith(start)]
    selected = [one for one in options if f"{group.replace('/', '.')}.{one}" in known]
    return f"{group}=[{','.join([*selected, option])}]" if selected else f"{group}={option}"


def children(parent: str, settings: Collection[str]) -> list[str]:
    start = f"{parent}." if parent else ""
    return sorted({one[len(start) :].partition(".")[0] for one in settings if one.startswith(start)})


def correct(parts: list[str], settings: Collection[str]) -> str:
    """The closest setting: every part of the name corrected in its place, else the last part elsewhere."""
    found: list[str] = []
    for part in parts:
        here = children(".".join(found), settings)
        close = part if part in here else closest(part, here)
        if not close:
            break
        found.append(close)
    else:
        return ".".join(found)
    last, ordered = parts[-1], sorted(settings, reverse=True)
    ends = {one.rpartition(".")[2]: one for one in ordered}
    if same := [end for end in ends if end == last or end.endswith(f"_{last}")]:
        return ends[min(same, key=len)]
    near = {end: one for end, one in ends.items() if one.count(".") <= len(parts)}  # one level deeper at most
    return near.get(closest(last, [*near]), "")
