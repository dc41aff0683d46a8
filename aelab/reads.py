"""What a term, metric or player reads: the parameters of its method are names in the Trace."""

from collections.abc import Callable, Collection
from inspect import Parameter, signature
from typing import Any


def reads(method: Callable[..., Any]) -> dict[str, bool]:
    """The entries a method reads -> whether it cannot do without (no default)."""
    return {name: p.default is Parameter.empty for name, p in signature(method).parameters.items()}


def available(method: Callable[..., Any], gives: Collection[str]) -> tuple[str, ...]:
    """The entries a method reads and somebody gives, in its order."""
    return tuple(name for name in reads(method) if name in gives)


def missing(method: Callable[..., Any], gives: Collection[str]) -> list[str]:
    """The entries a method must have and nobody gives."""
    return [name for name, needed in reads(method).items() if needed and name not in gives]
