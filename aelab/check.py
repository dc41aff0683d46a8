"""What is wrong with a composed config, found before anything is built: the constructors are the schema."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from inspect import Parameter
from types import NoneType
from typing import Any, get_args, get_origin

from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from aelab.annotation import fits, is_collection, meant, options, words
from aelab.build import SPECIAL, locate
from aelab.errors import UserError, suggest
from aelab.parameters import parameters
from aelab.setting import Node, keys, name_of, said, setting, written

SUPPLIED = frozenset({"shape", "target", "maps", "link", "latent", "prior", "params", "folder", "save_dir"})
"""Arguments that the program gives when it builds, so that the config need not."""


def problems(
    config: DictConfig, schema: Mapping[str, Any] | None = None, supplied: Collection[str] = SUPPLIED
) -> list[str]:
    """Every problem of the config, a line each; nothing is built. Hydra's own node is left alone.

    schema: the annotations of settings that no constructor takes, or that may be null for the program to
        fill in, by dotted name: {"seed": int, "model.latent": Latent, "loss": dict[str, Term]}.
    supplied: names of arguments that may be absent from the config.
    """
    return list(dict.fromkeys(walk(config, schema or {}, supplied)))


def walk(node: Node, schema: Mapping[str, Any], supplied: Collection[str]) -> Iterator[str]:
    takes: dict[str, Parameter] = {}
    if isinstance(node, DictConfig) and "_target_" in node:
        with suppress(UserError):  # no value; reported with the other keys
            name = setting(node, "_target_")
            try:
                target = locate(name)
                takes, is_open = parameters(target)
                yield from misnamed(node, said({"_target_": name}), takes, is_open, supplied)
            except UserError as error:
                yield f"{name_of(node, '_target_')}: {error}"
    for key in keys(node):
        path = name_of(node, key)
        if path == "hydra":
            continue
        try:
            value = setting(node, key)
        except UserError as error:
            yield from error.problems
            continue
        annotation = schema.get(path, takes[key].annotation if key in takes else Any)
        elsewhere = OmegaConf.is_interpolation(node, key)
        source = f" from {written(node, key)}" if elsewhere else ""
        by_default = key in takes and value is None and takes[key].default is None
        if not by_default:
            with suppress(OmegaConfBaseException):  # something inside has no value; reported where it stands
                plain = OmegaConf.to_container(value, resolve=True) if isinstance(value, Node) else value
                yield from mismatch(path, plain, annotation, source)
        if isinstance(value, Node) and not elsewhere:
            yield from walk(value, schema, supplied)


def misnamed(
    node: DictConfig, name: str, takes: dict[str, Parameter], is_open: bool, supplied: Collection[str]
) -> Iterator[str]:
    """Arguments that the target does not take, and those that it needs."""
    path = f"{name_of(node)}: " if name_of(node) else ""
    given = [str(key) for key in node if key not in SPECIAL]
    free = [key for key in takes if key not in supplied]
    for key in [] if is_open else given:
        if key not in takes:
            allowed = f"; it takes {', '.join(free) or 'none'}" if len(free) <= 16 else ""
            yield f"{path}{name} has no argument '{key}'{suggest(key, takes) or allowed}"
    if node.get("_partial_", False):
        return
    given += list(takes)[: len(node.get("_args_", []))]
    for key in free:
        if takes[key].default is Parameter.empty and key not in given:
            yield f"{path}{name} needs the argument '{key}' ({words(takes[key].annotation)})"


def mismatch(path: str, value: Any, annotation: Any, source: str, group: bool = True) -> Iterator[str]:
    """`trainer.max_epochs: takes a whole number or null, got 'abc'`, or nothing.

    source: ` from ${..latent.dim}` where the value is written elsewhere.
    group: whether a group of options may fill this place.
    """
    if fits(value, annotation):
        return
    if isinstance(value, dict) and "_target_" not in value:
        for option in options(annotation):
            if get_origin(option) in (dict, Mapping):  # name the entries, not the whole
                for key, entry in value.items():
                    yield from mismatch(f"{path}.{key}", entry, get_args(option)[1], source, group=False)
                return
    allowed = words(annotation)
    if group and isinstance(value, str) and all(map(is_built, options(annotation))):
        hint = f"; to choose an option write {path.replace('.', '/')}={value}"
    else:
        hint = meant(value, annotation)
    yield f"{path}: takes {allowed}{';' if ', ' in allowed else ','} got {said(value)}{source}{hint}"


def is_built(option: Any) -> bool:
    """Whether only a node with `_target_`, or null, can stand there."""
    if option is NoneType:
        return True
    return isinstance(option, type) and option.__module__ != "builtins" and not is_collection(option)


def drop_leftovers(config: DictConfig, groups: Collection[str]) -> list[str]:
    """Remove, in these mappings, what an experiment set for an entry that is not selected; a notice each."""
    notices = []
    for group in groups:
        node = OmegaConf.select(config, group)
        for key in list(node) if isinstance(node, DictConfig) else ():
            entry = OmegaConf.select(node, str(key))
            if isinstance(entry, DictConfig) and "_target_" not in entry:
                with open_dict(node):
                    del node[key]
                notices.append(
                    f"{group}.{key}: not selected, its settings ({', '.join(map(str, entry))}) are dropped"
                )
    return notices


def drop_unfitting(config: DictConfig, typed: Collection[str]) -> list[str]:
    """Remove what an experiment set for another option than the one that was typed; a notice each.

    `experiment=vae model=conv` leaves `model.widths`, which is no argument of conv; typed, it would stay.
    """
    notices = []
    for override in typed:
        group, _, option = override.partition("=")
        if not option or option[0] in "{[":
            continue
        with suppress(UserError, OmegaConfBaseException):  # said where all problems are
            node = OmegaConf.select(config, group.replace("/", "."))
            if not isinstance(node, DictConfig) or "_target_" not in node:
                continue
            takes, is_open = parameters(locate(node["_target_"]))
            for key in [] if is_open else [key for key in node if key not in SPECIAL and key not in takes]:
                name = name_of(node, key)
                if not any(
                    other.lstrip("+~").startswith((f"{name}=", f"{name}.", f"{name}/")) for other in typed
                ):
                    with open_dict(node):
                        del node[key]
                    notices.append(f"{name}: {override} has no such argument; dropped")
    return notices
