"""Headings stay on the sheet, classes keep apart."""

import pytest
from matplotlib.figure import Figure as Canvas

from aelab.figure.canvas import class_colours, class_name, sheet

LONG = "model.latent.dim=10,loss.kl.weight=4," * 5


@pytest.mark.parametrize("heading", ["Loss: vae on Digits", "Loss: vae", f"Loss: {LONG}"])
def test_a_heading_of_any_length_stays_on_the_sheet(heading):
    canvas: Canvas = sheet(7, 4, heading)
    canvas.add_subplot()
    canvas.draw_without_rendering()
    box = canvas._suptitle.get_window_extent()  # type: ignore[attr-defined]
    assert box.x0 >= 0 and box.x1 <= canvas.bbox.x1
    assert "".join(canvas.get_suptitle().split()) == "".join(heading.split())  # nothing is left out


@pytest.mark.parametrize("k", [1, 2, 10, 11, 20, 21, 100])
def test_no_two_classes_share_a_colour(k):
    assert len(set(class_colours(list(range(k))))) == k


def test_names_of_classes(memory):
    dataset = memory(classes=3)
    assert [class_name(dataset, label) for label in (0, 2, 3, -1)] == ["class 0", "class 2", "3", "no label"]
    dataset.rows.classes = None
    assert class_name(dataset, 2) == "2"
