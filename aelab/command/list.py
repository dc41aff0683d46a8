"""`aelab list [GROUP ...]`: every group and option of a run, with its one-line meaning."""

import re
from argparse import ArgumentParser
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath
from shutil import get_terminal_size

import yaml

from aelab.errors import UserError, suggest
from aelab.places import conf_dir
from aelab.table import pad, width, wrap, write

# `- dataset: digits  # where x comes from` in a defaults list says what the group is, and so does
# the same line commented out, `# - stage: fit  # ...`, where a run has nothing of the group at first
ENTRY = r"\s*(?:#\s*)?-\s*(?:override\s+|optional\s+)*([\w/]+)(?:@\S+)?\s*:(?:(?:\s.*?)?\s#\s*(\S.*))?"


@dataclass
class Group:
    """One folder of options; a run has the `chosen` ones if nothing is asked."""

    meaning: str = ""
    chosen: list[str] = field(default_factory=list)
    many: bool = False  # takes a list: loss=[bce,kl]
    place: str = ""  # of a group that is put elsewhere: @recipe.train
    command: str = ""  # the one that takes it, where a run does not: sample run=DIR
    options: dict[str, Path] = field(default_factory=dict)
    yours: set[str] = field(default_factory=set)

    def marked(self, option: str) -> str:
        return option + "*" * (option in self.chosen) + "+" * (option in self.yours)


def main(argv: list[str], conf: Path | None = None) -> int:
    parser = ArgumentParser("aelab list", description="What a run is made of: groups and their options.")
    parser.add_argument("group", nargs="*", metavar="GROUP", help="say what its options are")
    parser.add_argument("--config-dir", metavar="DIR", type=Path, help="a folder with groups of your own")
    arguments = parser.parse_args(argv)
    if arguments.config_dir and not arguments.config_dir.is_dir():
        raise UserError(f"list: no folder '{arguments.config_dir}' (--config-dir)")
    groups = read(conf or conf_dir(), arguments.config_dir)
    asked = [name.strip("/") for name in arguments.group]
    if unknown := [name for name in asked if not within(groups, name)]:
        there_are = f"; there are {', '.join(groups)}"
        raise UserError(*(f"list: no group '{name}'{suggest(name, groups) or there_are}" for name in unknown))
    columns = min(get_terminal_size().columns, 120)
    pages = [page(groups, name, columns) for name in asked] or [overview(groups, columns)]
    write("\n\n".join(pages) + "\n")
    return 0


def read(conf: Path, yours: Path | None = None) -> dict[str, Group]:
    """The groups that have options, in the order of config.yaml, then of the alphabet."""
    groups: dict[str, Group] = {}
    follow(conf, conf / "config.yaml", groups)
    of_a_run = {*groups}
    for file in sorted(conf.glob("*.yaml")):
        follow(conf, file, groups)
        for name in {*groups} - of_a_run:
            groups[name].command = groups[name].command or f"{file.stem} run=DIR "
    order = list(dict.fromkeys(name.split("/")[0] for name in groups))
    for folder in filter(None, (conf, yours)):
        for file in sorted(folder.rglob("*.yaml")):
            parts = file.relative_to(folder).parts
            if len(parts) == 1 or any(part.startswith(("_", ".")) for part in parts):
                continue
            group = groups.setdefault("/".join(parts[:-1]), Group())
            # of two files with one name Hydra takes ours
            if group.options.setdefault(file.stem, file) is file and folder is yours:
                group.yours.add(file.stem)
    order += sorted({name.split("/")[0] for name in groups} - {*order})
    names = sorted(groups, key=lambda name: (order.index(name.split("/")[0]), name))
    return {name: groups[name] for name in names if groups[name].options}


def follow(conf: Path, file: Path, groups: dict[str, Group]) -> None:
    """Meanings and choices of a file's defaults list and, as Hydra does, of the files that it names."""
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8")
    root = PurePosixPath("/")
    here = root / file.parent.relative_to(conf).as_posix()

    def named(name: str) -> Group:
        """`latent` in model/mlp.yaml is model/latent; `/loss` is loss."""
        return groups.setdefault((here / name).relative_to(root).as_posix(), Group())

    for match in filter(None, (re.match(ENTRY, line) for line in text.splitlines())):
        group = named(match[1])
        group.meaning = group.meaning or (match[2] or "").strip()
    for entry in (yaml.safe_load(text) or {}).get("defaults") or []:
        key, value = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        key, _, package = key.partition("@")
        *keywords, key = key.split(" ")
        options = [str(option) for option in (value if isinstance(value, list) else [value]) if option]
        group = named(key)
        if package:  # such a group is chosen where it is put: stage@recipe.train=fit
            group.place = group.place or ".".join(("@" + ".".join(here.parts[1:]), package))
        if key and (not group.chosen or "override" in keywords):
            group.chosen, group.many = options, isinstance(value, list)
        for option in options:
            follow(conf, conf / f"{(here / key / option).relative_to(root)}.yaml", groups)


def within(groups: dict[str, Group], name: str) -> dict[str, Group]:
    """A group and those below it: model, model/latent, model/prior."""
    return {key: group for key, group in groups.items() if key == name or key.startswith(f"{name}/")}


def overview(groups: dict[str, Group], columns: int) -> str:
    """Every group with its options, on one screen."""
    wide = max(map(width, groups)) + 2
    lines = []
    for name, group in groups.items():
        start = pad(name, wide)
        if group.meaning:
            lines.append(wrap(group.meaning, columns, start, " " * wide))
            start = " " * wide
        lines.append(wrap("  ".join(map(group.marked, group.options)), columns, start, " " * wide))
    hint = "Choose with GROUP=OPTION; `aelab list GROUP` says what its options are."
    return "\n".join([*lines, "", wrap(f"{hint} {legend(groups)}", columns)])


def page(groups: dict[str, Group], name: str, columns: int) -> str:
    """Every option of a group on a line with its meaning."""
    near = within(groups, name)
    if name not in groups:
        return overview(near, columns)
    group = near.pop(name)
    wide = max(map(width, map(group.marked, group.options))) + 4
    lines = [wrap(f"{name}: {group.meaning}" if group.meaning else name, columns), ""]
    for option, file in group.options.items():
        start = pad(f"  {group.marked(option)}", wide)
        lines.append(wrap(first_comment(file), columns, start, " " * wide))
    others = [option for option in group.options if option not in (*group.chosen, "none")]
    some = (
        [*group.chosen[:1], *others, *group.chosen[1:]][:2] if group.many else [*others, *group.options][:1]
    )
    place = "" if group.place == f"@{name.replace('/', '.')}" else group.place
    choice = f"'{name}=[{','.join(some)}]'" if group.many else f"{name}{place}={some[0]}"
    below = f" See also {', '.join(near)}." * bool(near)
    hint = f"For example: aelab {group.command}{choice}. {legend({name: group})}{below}"
    return "\n".join([*lines, "", wrap(hint, columns)])


def legend(groups: dict[str, Group]) -> str:
    """The marks that stand on the page."""
    ours = "* is the default." * any(group.chosen for group in groups.values())
    yours = "+ comes from --config-dir." * any(group.yours for group in groups.values())
    return " ".join(filter(None, (ours, yours)))


def first_comment(file: Path) -> str:
    """What a YAML file says of itself in its first line; `# @package` is Hydra's."""
    lines = takewhile(lambda line: line.startswith("#"), file.read_text("utf-8", "replace").splitlines())
    return next((line.lstrip("#").strip() for line in lines if not line.startswith("# @package")), "")
