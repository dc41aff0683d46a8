"""Whole photos side by side, and the square of each that is enlarged."""

from pathlib import Path

import numpy as np
import pytest
import torch
from whole_photos import photos, system_of, write

from aelab.baseline.pca import PCA
from aelab.baseline.side import Beside
from aelab.corruption.gaussian import Gaussian
from aelab.figure.photos import Photos, detail
from aelab.view import view as view_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def test_truth_input_and_restored_above_their_details(folder: Path, painted) -> None:
    system = system_of(photos(folder), noise=Gaussian(0.1))
    sides = {"pca": Beside(PCA(2.0), system).side()}
    seen = view_of(system, "tiny", [], {}, sides, {})
    canvas = painted(Photos(n=2, zoom=0.5).draw(seen))
    grid = np.array(canvas.axes).reshape(4, 4)  # a photo and its detail, twice
    assert [axes.get_title() for axes in grid[0]] == ["5.png", "input", "restored", "PCA"]
    assert [axes.get_title() for axes in grid[2]] == ["6.png", "input", "restored", "PCA"]
    for i, trace in enumerate(seen.photos("test", 2)):
        for j, name in enumerate(("x", "x_tilde", "x_hat")):
            shown = grid[2 * i, j].images[0].get_array()
            np.testing.assert_allclose(shown, trace[name][0].clamp(0, 1).movedim(0, 2), atol=1e-6)
            (box,) = grid[2 * i, j].patches
            left, top = (round(at + 0.5) for at in box.get_xy())
            side = round(box.get_width())
            part = grid[2 * i + 1, j].images[0].get_array()
            np.testing.assert_array_equal(part, shown[top : top + side, left : left + side])
    said = [axes.get_xlabel() for axes in grid[1]]
    assert said[0] == "" and all(19 < float(text.removesuffix(" dB")) < 22 for text in said[1:3])


def test_no_input_where_nothing_is_corrupted(folder: Path, painted) -> None:
    seen = view_of(system_of(photos(folder, colours="luminance")), "tiny", [], {}, {}, {})
    canvas = painted(Photos(n=9, zoom=0.25).draw(seen))
    grid = np.array(canvas.axes).reshape(6, 2)
    assert [axes.get_title() for axes in grid[0]] == ["5.png", "restored"]
    assert grid[1, 1].get_xlabel() == "100.00 dB"


def test_the_detail_is_where_most_changes() -> None:
    x = torch.full((1, 3, 60, 90), 0.5)
    x[:, :, 24:40, 64:80] = torch.rand(1, 3, 16, 16)
    top, left, side = detail(x, 0.4)
    assert side == 24 and top <= 24 and left <= 64 and top + side >= 40 and left + side >= 80
    assert detail(torch.rand(1, 1, 3, 5), 0.1)[2] == 1
    assert detail(torch.rand(1, 1, 7, 7), 1.0) == (0, 0, 7)


def test_other_data_is_objected_to(memory, folder: Path) -> None:
    said = "draws whole photos; dataset=photos has them, unless centred or binarized"
    assert Photos(2, 0.25).objections(memory()) == [said]
    assert Photos(2, 0.25).objections(photos(folder)) == []


@pytest.mark.parametrize(("n", "zoom"), [(0, 0.5), (1, 0.0), (1, 1.5)])
def test_impossible_settings(n: int, zoom: float) -> None:
    with pytest.raises(ValueError, match="must"):
        Photos(n, zoom)
