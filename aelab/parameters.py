"""What a class or function takes by name, read from its signature."""

from collections.abc import Callable
from inspect import Parameter, signature, unwrap
from types import SimpleNamespace
from typing import Any, get_type_hints

from aelab.annotation import options

INHERITED = object()
"""Default of a parent's parameter: the subclass may give it itself, so it is not known to be required."""


def parameters(target: Callable[..., Any]) -> tuple[dict[str, Parameter], bool]:
    """What a target takes by name, annotations resolved, and whether it takes any other name as well.

    Where a constructor has **kwargs, its parent's parameters are taken too.
    """
    of_class = [vars(kind)["__init__"] for kind in mro(target) if "__init__" in vars(kind)]
    takes: dict[str, Parameter] = {}
    for i, function in enumerate(map(unwrap, of_class or [target])):
        if getattr(function, "__qualname__", "") == "Module.__init__":  # torch's refuses its **kwargs
            return takes, False
        try:
            listed = list(signature(function).parameters.values())[bool(of_class) :]
        except (ValueError, TypeError):  # written in C
            return takes, True
        hints = annotations(function)
        for parameter in listed:
            if parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY):
                hint = scheduled(target, hints.get(parameter.name, Any))
                default = INHERITED if i and parameter.default is Parameter.empty else parameter.default
                takes.setdefault(parameter.name, parameter.replace(annotation=hint, default=default))
        if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in listed):
            return takes, False
    return takes, True


def mro(target: Any) -> tuple[type, ...]:
    return target.__mro__[:-1] if isinstance(target, type) else ()


def annotations(function: Any) -> dict[str, Any]:
    """Name by name, so that one that only a type checker can resolve leaves the others."""
    hints = {}
    for name, hint in getattr(function, "__annotations__", {}).items():
        try:
            space = SimpleNamespace(__annotations__={name: hint})
            hints |= get_type_hints(space, getattr(function, "__globals__", {}))
        except Exception:
            hints[name] = Any
    return hints


def scheduled(target: Any, annotation: Any) -> Any:
    """An optimizer's numbers may be schedules: the stage's clock sets them in its parameter groups."""
    is_optimizer = any(kind.__qualname__ == "Optimizer" for kind in mro(target))
    if not is_optimizer or float not in options(annotation):
        return annotation
    from aelab.schedule import Schedule  # imports torch, which an optimizer has imported already

    return annotation | Schedule
