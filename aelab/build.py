"""From a config node with `_target_` to the object: the one place that calls Hydra's instantiate."""

import functools
import pkgutil
import re
from collections.abc import Callable, Collection
from importlib import import_module
from inspect import isclass, isfunction, signature
from types import ModuleType
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, ListConfig

from aelab.errors import UserError, suggest
from aelab.setting import Node, keys, name_of, said, setting

SPECIAL = frozenset({"_target_", "_args_", "_convert_", "_partial_"})
"""Keys of a node that are not arguments of its class. What is built is always plain, `_convert_: all`."""

REFUSALS = ("ValueError", "TypeError", "ImportError", "InstantiationException", "MisconfigurationException")


def build(node: DictConfig | ListConfig | None, **extra: Any) -> Any:
    """The object of a node, its nested nodes built first; a node without `_target_` becomes a dict or list.

    `extra` are arguments that only the program can give; they replace settings of the same name, and
    are handed over as they are. What a constructor refuses, in this node or a nested one, is a UserError
    that starts with the dotted name of that node; the problems of sibling nodes come together.
    """
    if not isinstance(node, DictConfig) or "_target_" not in node:
        return build_each(node) if isinstance(node, Node) else node
    target = setting(node, "_target_")
    try:
        locate(target)
        # Hydra copies what it is given into a config of its own, and wraps errors in text: let it judge the
        # target alone and hand the arguments to what comes back, which authorizes the call too
        call = instantiate({"_target_": target, "_partial_": True})
    except UserError as error:
        raise UserError(f"{name_of(node, '_target_')}: {error}") from error
    except InstantiationException as error:
        raise UserError(f"{name_of(node, '_target_')}: {one_line(error)}") from error
    if extra:  # a wrong name here is the program's mistake, not the user's
        signature(call.func).bind_partial(**extra)
    settings = build_each(node, {*SPECIAL, *extra})
    args = build_each(node["_args_"]) if "_args_" in node else []
    if node.get("_partial_", False):  # a plain one: each call of Hydra's own costs 90 us
        return functools.partial(call.func, *args, **settings, **extra)
    try:
        return call(*args, **settings, **extra)
    except Exception as error:
        if not is_refusal(error):
            raise
        path, text = name_of(node), re.sub(r"^\S*?\w+\(\) (?=missing|got|takes)", "", one_line(error))
        raise UserError(f"{path}: {text}" if path else text) from error


def build_each(node: Node, skip: Collection[str] = ()) -> Any:
    """The values of a mapping or list, built; the problems of all of them in one UserError."""
    built, problems = {}, []
    for key in keys(node):
        if key not in skip:
            try:
                value = setting(node, key)
                built[key] = build(value) if isinstance(value, Node) else value
            except UserError as error:
                problems += error.problems
    if problems:
        raise UserError(*dict.fromkeys(problems))
    return list(built.values()) if isinstance(node, ListConfig) else built


def is_refusal(error: Exception) -> bool:
    """Whether a constructor says with it that its arguments are wrong, or that a package is not installed."""
    # Lightning has an exception of its own for that; by its name, since importing it would take seconds
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint(REFUSALS)


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def locate(target: Any) -> Callable[..., Any]:
    """Import what a `_target_` names. Raises UserError that says what is there instead."""
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        raise UserError(f"takes the dotted name of a class, got {said(target)}")
    parts = target.split(".")
    found: Any = None
    for i, part in enumerate(parts):
        if i and hasattr(found, part):
            found = getattr(found, part)
            continue
        name = ".".join(parts[: i + 1])
        try:
            if i and not isinstance(found, ModuleType):
                raise ModuleNotFoundError(name=name)
            found = import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name and name != f"{error.name}.{part}":
                raise UserError(f"cannot import '{name}': {one_line(error)}") from error
            last = i == len(parts) - 1
            there = inside(found, last) if i else f"; no module '{part}' is installed or in this folder"
            raise UserError(f"no class '{target}'{suggest(part, public(found, last)) or there}") from None
        except Exception as error:  # whatever a user's own file does when it is imported
            text = f"{type(error).__name__}: {one_line(error)}"
            raise UserError(f"cannot import '{name}': {text}") from error
    if not callable(found):
        kind = "a module" if isinstance(found, ModuleType) else type(found).__name__
        raise UserError(f"'{target}' is {kind}, not a class{inside(found, True)}")
    return found


def public(where: Any, classes: bool) -> list[str]:
    """What to choose from there: a package's modules, or a module's own classes and functions."""
    if not classes:
        return sorted(m.name for m in pkgutil.iter_modules(getattr(where, "__path__", ())))
    members = vars(where).items() if isinstance(where, ModuleType) else ()
    own = [n for n, v in members if (isclass(v) or isfunction(v)) and v.__module__.startswith(where.__name__)]
    return sorted(name for name in own if not name.startswith("_"))


def inside(where: Any, classes: bool) -> str:
    found = public(where, classes)
    return f"; {where.__name__} has {', '.join(found)}" if 0 < len(found) <= 12 else ""
