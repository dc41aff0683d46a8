"""Frey Face: one MATLAB file that the user brings."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

FACES = np.random.default_rng(0).integers(0, 256, (30, 28, 20), np.uint8)


@pytest.mark.parametrize("folder", ["", "frey"])
def test_every_column_is_a_face(folder: str, dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    savemat(tmp_path / folder / "frey_rawface.mat", {"ff": FACES.reshape(30, 560).T})
    data = dataset("frey").setup()
    assert np.array_equal(data.rows.x[:, 0].numpy(), FACES)
    assert data.rows.y is None and data.shape == (1, 28, 20)


def test_missing(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        dataset("frey").setup()
    assert str(error.value) == (
        f"dataset.root: no frey_rawface.mat under '{tmp_path}'. It is not downloaded: "
        f"put it in {tmp_path / 'frey'}, or use dataset=digits."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [({"gg": FACES}, "no key 'ff'"), ({"ff": FACES.astype(float)[0]}, "'ff' holds float64, not uint8")],
)
def test_foreign(content: dict, said: str, dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    path = tmp_path / "frey_rawface.mat"
    savemat(path, content)
    with pytest.raises(UserError) as error:
        dataset("frey").setup()
    assert str(error.value) == f"dataset.root: {path} is truncated or not the Frey faces ({said})"


def test_truncated(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    path = tmp_path / "frey_rawface.mat"
    savemat(path, {"ff": FACES.reshape(30, 560).T})
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"frey_rawface.mat is truncated or not the Frey faces"):
        dataset("frey").setup()


@pytest.mark.skipif("AELAB_DATA" not in os.environ, reason="needs the real file")
def test_the_real_faces_are_smooth(dataset: Callable[..., Dataset]) -> None:
    x = dataset("frey", f"root={os.environ['AELAB_DATA']}").setup().rows.x.float()
    assert x.shape == (1965, 1, 28, 20)
    # in a wrong order of the pixels, neighbours would differ as much as any two
    assert (
        max(x.diff(dim=2).abs().mean(), x.diff(dim=3).abs().mean())
        < 0.5 * x[:, 0, :14].sub(x[:, 0, 14:]).abs().mean()
    )
