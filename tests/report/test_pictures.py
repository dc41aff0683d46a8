"""The pictures of the page: small, faithful, one run of each row first where there are too many."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from command.reports import picture, run
from PIL import Image

from aelab.records import Record, read
from aelab.report import pictures as of
from aelab.report.pictures import WIDEST, pictures, small

pytestmark = pytest.mark.usefixtures("here")


def decoded(uri: str) -> np.ndarray:
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(BytesIO(b64decode(data))).convert("RGB"), float)


def test_small_and_faithful():
    file = picture(Path("x.png"))
    made = small(3, file)
    assert made and (made.run, made.width, made.height) == (3, WIDEST, round(500 * WIDEST / 1500))
    found = decoded(made.uri)
    with Image.open(file) as image:
        expected = np.asarray(image.convert("RGB").resize((made.width, made.height)), float)
    assert found.shape == expected.shape and np.abs(found - expected).mean() < 4
    assert len(made.uri) < 100_000
    narrow = small(0, picture(Path("y.png"), 100, 40))
    assert narrow and (narrow.width, narrow.height) == (100, 40)


def test_a_file_in_the_making_is_left_out():
    whole = picture(Path("x.png")).read_bytes()
    Path("y.png").write_bytes(whole[: len(whole) // 2])
    Path("z.png").write_bytes(b"")
    assert small(0, Path("y.png")) is None and small(0, Path("z.png")) is None


def rows(n: int, seeds: int) -> list[list[Record]]:
    made = [[run(f"a/{x}-{seed}", f"x={x}", seed) for seed in range(seeds)] for x in range(n)]
    for row in made:
        for folder in row:
            for name in ("filters", "samples", "aaa"):
                picture(folder / f"figures/{name}.png", 30, 20)
    return [[read(folder) for folder in row] for row in made]


def test_every_figure_of_every_run():
    found, note = pictures(rows(2, 2))
    assert list(found) == ["samples", "aaa", "filters"] and note == ""
    assert [one.run for one in found["samples"]] == [0, 1, 2, 3]


def test_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(of, "MOST", 11)
    made = rows(2, 3)
    found, note = pictures(made)
    assert [one.run for one in found["samples"]] == [0, 1, 3]  # both rows before any second seed
    assert note == "Pictures of 3 of 6 runs: a report on fewer runs shows those of the others."
    monkeypatch.setattr(of, "MANY", 5)
    monkeypatch.setattr(of, "MOST", 4)
    assert len(pictures(made)[0]["samples"]) == 1  # one run at least, whatever it has
