"""What the user got wrong, said in one line a problem."""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from hydra.errors import CompactHydraException

CLOSE = 0.76
"""Of difflib's ratio: a letter more, less or moved is a slip, another in a word of four is not."""


class UserError(CompactHydraException):
    """A wrong setting, composition or file: shown without a traceback, exit status 2.

    Each problem is one line that names the setting, what came and what is allowed.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def closest(word: str, known: Sequence[str]) -> str:
    """The known word that ends with this one or that it is a slip of, else the empty string.

    No number is a slip of another.
    """
    if not re.search("[a-z]", word, re.I):
        return ""
    same = [one for one in known if re.split("[./]", one)[-1] == word or sorted(one) == sorted(word)]
    return next(iter(same or get_close_matches(word, known, n=1, cutoff=CLOSE)), "")


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'dim'?` when a known word is close, else the empty string."""
    close = closest(word, list(known))
    return f"; did you mean '{close}'?" if close else ""


def at_least(**settings: tuple[float, float]) -> None:
    """Raise ValueError for the first of the settings, name -> (value, least), that lies below."""
    for name, (value, least) in settings.items():
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


class Diverged(CompactHydraException):
    """A loss that became NaN or infinite: which term, where."""

    def __init__(self, term: str, stage: str, epoch: int, step: int) -> None:
        super().__init__(
            f"{term} became NaN or infinite in stage '{stage}', epoch {epoch}, step {step}. "
            "A smaller optimizer.lr or trainer.gradient_clip_val=1 often helps."
        )


class Collapsed(CompactHydraException):
    """A component of a mixture that has no volume left, in which stage."""

    def __init__(self, stage: str, floor: float) -> None:
        super().__init__(
            f"a component has no volume left in stage '{stage}', codes as good as equal. "
            f"A larger recipe.{stage}.floor than {floor:g} or fewer model.prior.components often helps."
        )


class Problems:
    """Runs what may refuse its settings, and keeps what was wrong, so that all of it is said at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attempt(self, make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What `make` gives, or None where it refused."""
        try:
            return make(*args, **kwargs)
        except UserError as error:
            self.lines += error.problems

    def stop(self) -> None:
        """Raise what was found so far."""
        if self.lines:
            raise UserError(*dict.fromkeys(self.lines))
