"""Which values fit an annotation, and how it is said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import pytest
from torch import Tensor, nn

from aelab.annotation import fits, meant, words
from aelab.schedule import Number, Schedule

LINEAR = {"_target_": "aelab.schedule.Linear", "start": 0.0, "end": 1.0}
RELU = {"_target_": "torch.nn.ReLU"}
HOUR = {"_target_": "datetime.timedelta", "hours": 1}
PARTIAL = {"_target_": "torch.nn.functional.relu", "_partial_": True}


@pytest.mark.parametrize(
    ("annotation", "text", "good", "bad"),
    [
        (int, "a whole number", [0, -1], ["a", True, 1.0, None, [1], LINEAR]),
        (float, "a number", [0, 1.5, float("inf")], ["1e-3", False, None, LINEAR]),
        (bool, "true or false", [True, False], [0, 1, "true", None]),
        (str, "text", ["", "a"], [3, None, ["a"], LINEAR]),
        (None, "null", [None], [0, "null"]),
        (Optional[int], "a whole number or null", [None, 3], ["None", 0.5]),  # noqa: UP045
        (Union[int, float, None], "a number or null", [None, 3, 0.5], ["a", True]),  # noqa: UP007
        (Annotated[int | str, "any"], "a whole number or text", [1, "a"], [1.5]),
        (str | bool, "text, true or false", ["a", True], [1]),
        (Literal["standard", "all"], "one of standard, all", ["all"], ["al", None, 1]),
        (Literal["all"], "all", ["all"], ["al"]),
        (Literal[1, 2] | None, "one of 1, 2, null", [1, None], [True, 3, "1", 1.0]),
        (bool | Literal["warn"] | None, "true, false, warn or null", ["warn", True, None], ["wan", 1]),
        (list, "a list", [[], [1, "a"]], ["abc", {}, None]),
        (list[int], "a list of whole numbers", [[], [1, 2]], ["abc", 3, [1.5], [[1]], [None]]),
        (Sequence[float] | None, "a list of numbers or null", [[1, 0.5], None], ["a", {}]),
        (Iterable[str], "a list of texts", [["a"]], ["abc", {"a": 1}]),
        (tuple[int, ...], "a list of whole numbers", [[], [1, 2, 3]], [1, ["a"]]),
        (tuple[float | Tensor, float | Tensor], "a list of 2 numbers", [[0.9, 1]], [0.9, [1], [1, 2, 3]]),
        (tuple[float, str], "a list of 2 values", [[0.9, "a"]], [["a", 0.9]]),
        (list[list[int]], "a list of lists of whole numbers", [[[1], []]], [[1]]),
        (list[Literal["flip", "shift"]], "a list (of flip, shift)", [["flip"]], ["flip", ["flp"]]),
        (list[nn.Module], "a list of Modules", [[], [RELU]], [RELU, [LINEAR], ["a"]]),
        (dict[str, int], "a mapping to whole numbers", [{}, {"a": 1}], ["a", {"a": "b"}, [1]]),
        (Mapping, "a mapping", [{"a": [1]}], ["a"]),
        (Path, "a path", ["a/b"], [3]),
        (str | Path | None, "text, a path or null", ["a", None], [3]),
        (float | Tensor, "a number", [1], ["a"]),
        (Number, "a number or a Schedule", [1, LINEAR], ["a", None, RELU, {"start": 0, "end": 1}]),
        (Schedule, "a Schedule", [LINEAR], [0.5, "a", RELU]),
        (Callable[[Tensor], Tensor] | None, "a function or null", [RELU, PARTIAL, None], [3, "relu", HOUR]),
        (type[nn.Module], "a class", [PARTIAL], ["a"]),
        (Any, "anything", [1, "a", None, [], {}, LINEAR], []),
        ("Unknown", "anything", [1, "a", None], []),
    ],
)
def test_values_and_words(annotation: Any, text: str, good: list, bad: list) -> None:
    assert words(annotation) == text
    assert [value for value in good if not fits(value, annotation)] == []
    assert [value for value in bad if fits(value, annotation)] == []


def test_a_missing_value_is_reported_elsewhere() -> None:
    assert fits("???", int) and fits([1, "???"], list[int])


def test_an_object_is_anything() -> None:
    assert all(fits(value, object) for value in (1, "a", None, [], {}, LINEAR))


def test_what_was_meant() -> None:
    split, many = Literal["train", "test"], list[Literal["flip", "shift"]]
    assert meant("tran", split) == "; did you mean 'train'?" and meant("xyz", split) == ""
    assert meant(["flip", "shft"], many) == "; did you mean 'shift'?" and meant("flip", many) == ""
    assert meant("None", int | None) == "; did you mean null?" and meant("None", int) == ""
