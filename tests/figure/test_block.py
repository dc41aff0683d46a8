"""Blocks of images on one sheet: level tops, one size, nothing over anything else."""

from itertools import pairwise

import numpy as np
import pytest

from aelab.figure.block import Block, aligned, blocks


def pictures(n, h=6, w=4):
    return np.random.default_rng(0).random((n, h, w), np.float32)


def test_images_of_all_blocks_are_equally_large_and_their_tops_level(painted):
    tall, wide = Block("a", pictures(8), 2, ["x", "y"]), Block("b", pictures(3), 3, below=["1", "2", "3"])
    canvas = painted(blocks([tall, wide], "heading", "note"))
    boxes = [axes.get_window_extent() for axes in canvas.axes]
    dots = [axes.images[0].get_array().shape for axes in canvas.axes]  # of images and gaps alike
    sizes = [(box.height / dot[0], box.width / dot[1]) for box, dot in zip(boxes, dots, strict=True)]
    np.testing.assert_allclose(sizes, sizes[0][0], rtol=1e-6)
    assert boxes[0].y1 == pytest.approx(boxes[1].y1, abs=1.5) and boxes[0].x1 < boxes[1].x0


@pytest.mark.parametrize(("columns", "lines"), [(1, 1), (10, 2), (3, 40), (30, 1)])
def test_words_stay_on_the_sheet_and_off_each_other(columns, lines, painted):
    names = [f"class {i}" for i in range(lines)]
    below = [f"{i}" for i in range(columns)]
    canvas = painted(
        blocks([Block("t", pictures(columns * lines), columns, names, below)], "heading", "note")
    )
    (axes,) = canvas.axes
    words = [axes.title, *axes.get_yticklabels(), *axes.get_xticklabels()]
    boxes = [text.get_window_extent() for text in [*canvas.texts, *words] if text.get_text()]
    whole = canvas.bbox
    assert all(whole.x0 <= b.x0 and b.x1 <= whole.x1 and whole.y0 <= b.y0 and b.y1 <= whole.y1 for b in boxes)
    assert canvas.texts[0].get_window_extent().y0 > axes.title.get_window_extent().y0
    assert axes.get_window_extent().y1 < canvas.texts[0].get_window_extent().y0
    note = canvas.texts[1].get_window_extent()
    assert all(note.y1 <= label.get_window_extent().y0 + 1 for label in axes.get_xticklabels())


@pytest.mark.parametrize(
    "names", [[f"{i}" for i in range(40)], ["", "one", ""] * 13 + [""], ["a"] + [""] * 39]
)
def test_names_are_thinned_until_they_stand_apart(names, painted):
    (axes,) = painted(blocks([Block("", pictures(1600), 40, names, names)], "heading")).axes
    for labels, ends in ((axes.get_xticklabels(), ("x0", "x1")), (axes.get_yticklabels(), ("y0", "y1"))):
        spans = sorted([getattr(t.get_window_extent(), end) for end in ends] for t in labels)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        said = [t.get_text() for t in labels]
        assert all(said) and said[0] == next(filter(None, names))


def test_shelves_lie_below_each_other(painted):
    given = [Block(f"{i}", pictures(2 + i), 2, below=["1", "2"]) for i in range(5)]
    boxes = [axes.get_tightbbox() for axes in painted(blocks(given, "heading", "note", beside=2)).axes]
    for i, a in enumerate(boxes):
        for j, b in enumerate(boxes[:i]):
            assert not a.overlaps(b)
            assert (a.y1 < b.y0) == (i // 2 > j // 2)


@pytest.mark.parametrize("colour", [(), (3,)])
def test_a_row_that_is_short_stays_empty_at_its_end(colour):
    groups = [np.full((k, 2, 2, *colour), k, np.float32) for k in (3, 0, 1, 5)]
    shades = aligned(groups, 3).reshape(4, 3, -1)
    empty = ~np.isfinite(shades[..., 0]) if not colour else shades[..., 0] == 1
    assert (~empty).sum(1).tolist() == ([3, 0, 1, 3] if not colour else [3, 0, 0, 3])
    assert shades[0].tolist() == np.full_like(shades[0], 3).tolist()
