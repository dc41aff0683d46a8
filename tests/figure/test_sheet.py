"""A sheet holds every canvas as it is, pixel for pixel."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import FigureImage

from aelab.figure.canvas import sheet as one
from aelab.figure.sheet import LARGEST, rendered, sheet


def canvases(k, width=3.0):
    made = {}
    for i in range(k):
        canvas = made[f"dim={i}"] = one(width, 2 + i % 2 / 4, "what every run is")
        canvas.add_subplot().plot([0, i, 1])
    return made


def drawn(canvas):
    agg = FigureCanvasAgg(canvas)
    agg.draw()
    return np.asarray(agg.buffer_rgba())


@pytest.mark.parametrize("k", [1, 2, 5])
def test_every_canvas_is_there_under_its_own_title(k):
    given = canvases(k)
    whole = sheet(given, "Loss: a sweep")
    picture = drawn(whole)
    again = canvases(k)
    images: list[FigureImage] = whole.images  # type: ignore[assignment]
    for (title, canvas), image in zip(again.items(), images, strict=True):
        part = rendered(canvas, title, whole.dpi)
        h, w = part.shape[:2]
        left, below = image.ox, image.oy
        top = len(picture) - below - h
        assert top >= 0 and left >= 0 and left + w <= picture.shape[1] and below >= 0
        np.testing.assert_array_equal(picture[top : top + h, left : left + w, :3], part[..., :3])
        assert given[title].get_suptitle() == title
    places = {(image.ox, image.oy + image.get_size()[0]) for image in images}
    assert len(places) == k
    assert [text.get_text() for text in whole.texts] == ["Loss: a sweep"]


def test_very_many_make_no_picture_that_no_one_can_open():
    whole = sheet(canvases(60, width=8), "many")
    assert max(whole.get_size_inches()) * whole.dpi <= LARGEST + 100


def test_a_long_title_is_cut():
    given = {"model.latent.dim=2, " * 9: canvases(1)["dim=0"]}
    whole = sheet(given, "one of very many " * 9)
    assert whole.texts[0].get_text().endswith("…") and len(whole.texts[0].get_text()) < 25
    (canvas,) = given.values()
    assert canvas.get_suptitle().endswith("…") and len(canvas.get_suptitle()) < 30
