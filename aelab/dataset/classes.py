"""A class by its number or its name, as users say it."""

from typing import TYPE_CHECKING

from aelab.errors import UserError, suggest

if TYPE_CHECKING:
    from aelab.dataset.dataset import Dataset


def number(dataset: "Dataset", label: int | str, setting: str = "label") -> int:
    """Of a class; a word is a name before it is a number, a number the other way round."""
    k = dataset.classes
    numbers = [str(i) for i in range(k)]
    names = dataset.rows.classes or numbers
    word = label if isinstance(label, str) else str(int(label))
    for known in (names, numbers) if isinstance(label, str) else (numbers, names):
        if word in known:
            return known.index(word)
    own = "" if names == numbers else f" or one of {', '.join(names)}"
    raise UserError(f"{setting}: takes 0 to {k - 1}{own}; got '{label}'{suggest(word, names)}")
