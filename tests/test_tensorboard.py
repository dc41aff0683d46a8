"""TensorBoard's projector: each code beside the picture it is of, whatever its form."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from aelab.build import build
from aelab.tensorboard import project

Compose = Callable[..., DictConfig]


@pytest.mark.parametrize(("h", "w"), [(8, 5), (5, 8), (6, 6)])
def test_thumbnails_are_the_images_whole_and_in_the_middle(
    h: int, w: int, composed: Compose, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, h, w), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", x=images)
    data = build(composed("dataset=arrays", f"dataset.file='{tmp_path}/images.npz'").dataset).setup()
    rows = data.splits[data.final]
    for _ in range(2):  # as a finished run that is resumed, without a word
        logger = TensorBoardLogger(tmp_path, name=None, version="log")
        project(logger, (torch.randn(len(rows), 2), None), data, 7)
        logger.experiment.close()
    assert capsys.readouterr().out == ""
    (path,) = (tmp_path / "log").rglob("sprite.png")
    side, across = max(h, w), int(np.ceil(len(rows) ** 0.5))
    sprite = np.asarray(Image.open(path).convert("L"))
    assert sprite.shape == (across * side, across * side)
    cells = sprite.reshape(across, side, across, side).swapaxes(1, 2).reshape(-1, side, side)
    top, left = (side - h) // 2, (side - w) // 2
    for cell, row in zip(cells, rows.tolist(), strict=False):
        found = np.zeros((side, side), np.int64)
        found[top : top + h, left : left + w] = images[row]
        assert abs(found - cell.astype(np.int64)).max() <= 1
