"""What a method reads: its parameters, those with a default optional."""

from collections.abc import Callable

import pytest

from aelab.reads import available, missing, reads


def plain(x: int, x_hat: int) -> None: ...


def optional(z: int, prior_mean: int | None = None, y: int | None = None) -> None: ...


def nothing() -> None: ...


class Owner:
    def method(self, x: int, z: int = 0) -> None: ...


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (plain, {"x": True, "x_hat": True}),
        (optional, {"z": True, "prior_mean": False, "y": False}),
        (nothing, {}),
        (Owner().method, {"x": True, "z": False}),
    ],
)
def test_reads_names_each_parameter_and_whether_it_is_needed(
    method: Callable, expected: dict[str, bool]
) -> None:
    assert reads(method) == expected and list(reads(method)) == list(expected)


@pytest.mark.parametrize(
    ("method", "gives", "here", "lacking"),
    [
        (plain, ("x_hat", "z", "x"), ("x", "x_hat"), []),
        (plain, ("z",), (), ["x", "x_hat"]),
        (optional, ("z",), ("z",), []),
        (optional, ("y", "z"), ("z", "y"), []),
        (optional, ("y", "prior_mean"), ("prior_mean", "y"), ["z"]),
        (nothing, ("x",), (), []),
        (Owner().method, (), (), ["x"]),
    ],
)
def test_available_keeps_the_methods_order_and_missing_only_what_is_needed(
    method: Callable, gives: tuple[str, ...], here: tuple[str, ...], lacking: list[str]
) -> None:
    assert available(method, gives) == here
    assert missing(method, gives) == lacking
