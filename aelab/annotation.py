"""Annotations as a schema for YAML values: does a value fit one, and how is it said in words."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from aelab.build import locate
from aelab.errors import UserError, suggest

COLLECTIONS = (list, tuple, set, frozenset)  # a list of the YAML goes to each
NAMES: dict[Any, tuple[str, str]] = {
    float: ("a number", "numbers"),
    int: ("a whole number", "whole numbers"),
    str: ("text", "texts"),
    type: ("a class", "classes"),
    Callable: ("a function", "functions"),
}


def options(annotation: Any) -> list[Any]:
    """The members of a union, nested ones too; of anything else, itself."""
    if get_origin(annotation) is Annotated:
        return options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [option for member in get_args(annotation) for option in options(member)]
    return [NoneType if annotation is None else annotation]


def fits(value: Any, annotation: Any) -> bool:
    """Whether a plain value of the config may go where this is written; where nobody can tell, it may."""
    return value == "???" or any(fits_one(value, option) for option in options(annotation))


def fits_one(value: Any, option: Any) -> bool:
    kind, args = get_origin(option) or option, get_args(option)
    if kind is Literal:
        return any(type(value) is type(one) and value == one for one in args)
    if kind is Any or not isinstance(kind, type):  # a type variable, a name that could not be resolved
        return True
    if getattr(kind, "_is_protocol", False) and kind.__module__ not in ("collections.abc", "typing"):
        return True
    if isinstance(value, dict) and "_target_" in value:
        return builds(value, kind)
    if kind in (int, float):
        return isinstance(value, int | kind) and not isinstance(value, bool)
    if is_collection(kind):
        return isinstance(value, list | tuple) and fits_items(list(value), kind, args)
    if isinstance(value, dict) and issubclass(dict, kind):
        of_key, of_value = args if len(args) == 2 else (Any, Any)
        return all(fits(k, of_key) and fits(v, of_value) for k, v in value.items())
    if issubclass(kind, PurePath) and isinstance(value, str):
        return True
    return isinstance(value, kind)


def is_collection(kind: type) -> bool:
    """Whether a list may go there, but neither a text nor a mapping, which Python can iterate too."""
    if kind is object or issubclass(kind, Mapping):
        return False
    return issubclass(kind, COLLECTIONS) or issubclass(list, kind)


def is_fixed(kind: type, args: tuple) -> bool:
    """tuple[X, Y], not tuple[X, ...]"""
    return issubclass(kind, tuple) and bool(args) and args[-1] is not Ellipsis


def fits_items(values: list, kind: type, args: tuple) -> bool:
    if is_fixed(kind, args):
        return len(values) == len(args) and all(map(fits, values, args))
    return all(fits(value, args[0] if args else Any) for value in values)


def builds(node: dict, kind: type) -> bool:
    """Whether what a node builds is a `kind`. What a function returns is not known before."""
    try:
        target = locate(node["_target_"])
        return not isinstance(target, type) or bool(node.get("_partial_")) or issubclass(target, kind)
    except (UserError, TypeError):  # reported where the node stands; a protocol that cannot be asked
        return True


def words(annotation: Any, many: bool = False) -> str:
    """`a whole number or null`; `whole numbers` for what many of them are."""
    members = options(annotation)
    if float in members:
        members = [member for member in members if member is not int]
    # YAML cannot say a tensor, so where there is a choice it is not named
    members = [m for m in members if getattr(m, "__name__", "") != "Tensor"] or members
    listed = [word for option in members if option is not NoneType for word in words_of(option, many)]
    listed = list(dict.fromkeys([*listed, *["null"] * (NoneType in members)]))
    if len(listed) > 1 and all(option is NoneType or get_origin(option) is Literal for option in members):
        return ", ".join(listed) if many else f"one of {', '.join(listed)}"
    return " or ".join(filter(None, [", ".join(listed[:-1]), listed[-1]]))


def words_of(option: Any, many: bool) -> list[str]:
    if get_origin(option) is Literal:
        return [str(one) for one in get_args(option)]
    return ["true", "false"] if option is bool else [word_of(option, many)]


def word_of(option: Any, many: bool) -> str:
    kind, args = get_origin(option) or option, get_args(option)
    if kind in NAMES:
        return NAMES[kind][many]
    if kind is Any or not isinstance(kind, type):
        return "anything"
    if is_collection(kind):
        return ("lists" if many else "a list") + of_items(kind, args)
    if issubclass(dict, kind) and kind is not object:
        return ("mappings" if many else "a mapping") + (f" to {words(args[1], many=True)}" if args else "")
    if issubclass(kind, PurePath):
        return "paths" if many else "a path"
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    return f"{kind.__name__}s" if many else f"{article} {kind.__name__}"


def of_items(kind: type, args: tuple) -> str:
    if not args or Any in args:
        return ""
    if is_fixed(kind, args):
        alike = len({words(arg) for arg in args}) == 1
        return f" of {len(args)} {words(args[0], many=True) if alike else 'values'}"
    items = words(args[0], many=True)
    return f" (of {items})" if any(literals(args[0])) else f" of {items}"


def literals(annotation: Any) -> Iterator[str]:
    """Every word that may stand somewhere in such a value."""
    for option in options(annotation):
        if get_origin(option) is Literal:
            yield from (str(one) for one in get_args(option))
        elif isinstance(get_origin(option), type):
            yield from (word for arg in get_args(option) if arg is not Ellipsis for word in literals(arg))


def meant(value: Any, annotation: Any) -> str:
    """`; did you mean 'all'?` for a word that is close to one that fits."""
    known = list(literals(annotation))
    if value in ("None", "none") and NoneType in options(annotation):
        return "; did you mean null?"
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return "".join(suggest(one, known) for one in given if isinstance(one, str) and one not in known)
