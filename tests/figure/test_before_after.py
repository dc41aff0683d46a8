"""The sheet: photos and the square that changed most, two to a line where there are many."""

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from aelab.figure.before_after import LETTERS, LONGEST, sheet, shown
from aelab.restore import Restored


def pair(h: int, w: int, truth: bool = False) -> Restored:
    """Changed in one square alone, [24:34, 50:60] of it."""
    before = torch.full((1, 3, h, w), 0.5)
    after = before.clone()
    after[..., h // 2 : h // 2 + 8, w // 4 : w // 4 + 8] = 1
    return Restored(before, after, after if truth else None)


def test_the_square_is_where_it_changed() -> None:
    one = shown("a.png", pair(64, 100), {"psnr": 30.123})
    top, left, side = one.square
    assert side == 16 and top <= 32 and top + side >= 40 and left <= 25 and left + side >= 33
    assert one.squares["after"].shape == (16, 16, 3) and (one.squares["after"] == 255).sum() == 3 * 64
    assert one.below == {"after": "30.12 dB"} and (one.photos["before"] == 128).all()


def test_large_photos_are_kept_small_and_their_squares_whole() -> None:
    one = shown("a.png", pair(300, 960), {})
    assert one.photos["after"].shape == (150, LONGEST, 3)
    side = one.squares["after"].shape[0]
    assert side == 75 and one.square[2] == side / 2


def test_a_photo_of_few_pixels() -> None:
    one = shown("a.png", Restored(torch.zeros(1, 3, 1, 3), torch.ones(1, 3, 1, 3)), {})
    assert one.squares["after"].shape == (1, 1, 3)


def test_lines_and_names() -> None:
    few = sheet(
        [shown("a$b$.png", pair(40, 40, i == 0), {"psnr": 20.0}) for i in range(2)], "Before and after"
    )
    many = sheet([shown("a.png", pair(40, 40), {}) for _ in range(5)], "Before and after")
    assert len(few.axes) == 2 * 6 and len(many.axes) == 3 * 8
    agg = FigureCanvasAgg(few)
    agg.draw()
    assert np.asarray(agg.buffer_rgba()).std() > 0
    long = sheet([shown(f"{'folder/' * 9}a.png", pair(40, 40), {})], "Before and after")
    said = long.axes[0].get_xlabel()
    assert said[0] == "…" and len(said) == LETTERS and ("folder/" * 9 + "a.png").endswith(said[1:])
    assert few.axes[0].get_xlabel() == r"a\$b\$.png" and few.axes[1].get_xlabel() == "20.00 dB"
