"""dSprites: the published archive, of which a small one is written here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aelab.dataset import dsprites
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
IMAGES = np.random.default_rng(0).integers(0, 2, (60, 64, 64), np.uint8)
CLASSES = np.stack([np.zeros(60, int), *np.unravel_index(np.arange(60) * 12_288, (3, 6, 40, 32, 32))], axis=1)


def write(root: Path, **arrays: np.ndarray) -> Path:
    path = root / dsprites.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{"imgs": IMAGES, "latents_classes": CLASSES, **arrays})  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("folder", ["", "dsprites"])
@pytest.mark.parametrize("piece", [7, 4096])
def test_images_and_factors_are_the_files(
    folder: str, piece: int, dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dsprites, "PIECE", piece)
    write(tmp_path / folder)
    data = dataset("dsprites").setup()
    x, y = data.batch(torch.arange(60))
    assert np.array_equal(x[:, 0].numpy(), IMAGES) and data.rows.x.shape == (60, 512)
    assert data.rows.factors is not None and np.array_equal(data.rows.factors, CLASSES[:, 1:])
    assert y is not None and np.array_equal(y, CLASSES[:, 1])
    some = dataset("dsprites", "n=20").setup()
    assert some.rows.factors is not None and len(some.rows.x) == 20
    match = (data.rows.factors[:, None] == some.rows.factors).all(-1).int().argmax(0)
    assert torch.equal(some.rows.x, data.rows.x[match])


def test_missing(dataset: Make, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        dataset("dsprites").setup()
    assert str(error.value) == (
        f"dataset.root: no {dsprites.FILE} under '{tmp_path}'. It is not downloaded: "
        f"put it in {tmp_path / 'dsprites'}, or use dataset=shapes."
    )


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"imgs": IMAGES[:50]}, r"imgs \[50, 64, 64\] of uint8, not \[60, 64, 64\] of uint8"),
        ({"imgs": IMAGES.astype(float)}, r"imgs \[60, 64, 64\] of float64, not"),
        ({"latents_classes": CLASSES[:, 1:]}, r"latents_classes \[60, 5\] of int64, not \[n, 6\]"),
        ({"latents_classes": CLASSES + 1}, r"latents_classes beyond \[3, 6, 40, 32, 32\] values"),
    ],
)
def test_foreign(arrays: dict[str, np.ndarray], said: str, dataset: Make, tmp_path: Path) -> None:
    path = write(tmp_path, **arrays)
    with pytest.raises(UserError, match=said) as error:
        dataset("dsprites").setup()
    assert str(error.value).startswith(f"dataset.root: {path} is truncated or not dSprites (")


def test_truncated(dataset: Make, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="is truncated or not dSprites"):
        dataset("dsprites").setup()
