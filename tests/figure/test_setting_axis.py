"""Numbers stand where they keep apart, words as they came, and no two labels on each other."""

import math
from itertools import pairwise

import pytest
from matplotlib.figure import Figure as Canvas

from aelab.figure.setting_axis import LONGEST, UNSET, SettingAxis


@pytest.mark.parametrize(
    ("values", "places", "is_log"),
    [
        (["5", "20", "10", "15"], [5, 10, 15, 20], False),
        (["0.1", "0.3", "0.5", "0.7", "0.9"], [0.1, 0.3, 0.5, 0.7, 0.9], False),
        (["2", "5", "10", "20"], [math.log10(x) for x in (2, 5, 10, 20)], True),
        (["1e-3", "1", "0.1"], [-3, -1, 0], True),
        (["0", "0.01", "0.1", "1"], [0, 1, 2, 3], True),
        (["-1", "0", "1"], [-1, 0, 1], False),
        (["-100", "-1", "1", "100"], [-3, -1, 1, 3], True),
        (["1", "1000"], [1, 1000], False),  # of two, any scale is as good
        (["1", "1.0"], [1, 1], False),
    ],
)
def test_numbers(values: list[str], places: list[float], is_log: bool) -> None:
    axis = SettingAxis("x", values)
    assert axis.is_numeric and axis.is_log == is_log
    assert [*axis.at] == sorted(values, key=float) and [*axis.at.values()] == pytest.approx(places)


@pytest.mark.parametrize("values", [["b", "a"], ["10", ""], ["true", "false"], ["nan", "1"], ["inf", "1"]])
def test_words_stand_as_they_came(values: list[str]) -> None:
    axis = SettingAxis("x", values)
    assert not axis.is_numeric and axis.at == {values[0]: 0, values[1]: 1}


def labels(values: list[str], width: float) -> list[str]:
    """What stands below a panel so wide, after it is seen that no two run into each other."""
    canvas = Canvas(figsize=(width + 0.8, 3), layout="constrained")
    axes = canvas.subplots()
    axis = SettingAxis("a.setting", values)
    axis.below(axes, width, True, True)
    canvas.draw_without_rendering()
    shown = [label for label in axes.get_xticklabels() if label.get_text()]
    if not shown[0].get_rotation():
        for left, right in pairwise(label.get_window_extent() for label in shown):
            assert left.x1 < right.x0
    assert canvas.get_tightbbox().x0 > -0.05  # type: ignore[attr-defined]
    assert axes.get_xlabel().startswith("a.setting")
    return [label.get_text() for label in shown]


@pytest.mark.parametrize("n", [2, 10, 60])
def test_numbers_that_have_no_room_are_left_out(n: int) -> None:
    shown = labels([f"{i / n:.4f}" for i in range(n)], 3.4)
    assert shown[0] == "0.0000" and 1 < len(shown) <= min(n, 8)


def test_as_typed() -> None:
    assert labels(["1e-3", "1e-2", "1e-1"], 3.4) == ["1e-3", "1e-2", "1e-1"]


def test_words_are_broken_at_commas_before_they_are_tilted() -> None:
    losses = ["[mse]", "[mse,kl_sparsity]", ""]
    assert labels(losses, 3.4) == ["[mse]", "[mse,\nkl_sparsity]", UNSET]
    assert labels(losses, 1.0) == ["[mse]", "[mse,kl_sparsity]", UNSET]
    assert labels(["a" * 50, "b"], 3.4)[0] == "a" * (LONGEST - 1) + "…"
