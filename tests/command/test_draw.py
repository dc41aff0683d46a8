"""Figures of a finished run: the same again, or others."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

Aelab = Callable[..., tuple[int, str, str]]


def test_the_same_figures_again(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    own = sorted(path.name for path in (digits_run / "figures").iterdir())
    assert own == ["loss_curves.png", "reconstructions.png"]
    status, out, err = aelab(
        "draw", f"run='{digits_run}'", "figure=[reconstructions,loss_curves]", "output=new"
    )
    assert (status, err) == (0, "")
    assert out.splitlines() == ["new/reconstructions.png", "new/loss_curves.png"]
    for name in own:
        first, again = (
            np.asarray(Image.open(folder / name)) for folder in (digits_run / "figures", tmp_path / "new")
        )
        np.testing.assert_array_equal(first, again)


def test_another_figure_goes_into_the_runs_folder(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    status, out, _ = aelab("draw", "run=run", "figure=[latent_map]", "figure.latent_map.points=20")
    assert (status, out) == (0, "run/figures/latent_map.png\n")
    assert len(list((tmp_path / "run" / "figures").iterdir())) == 3


def test_other_weights_give_other_pictures(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    for weights in ("best", "last"):
        aelab(
            "draw",
            f"run='{digits_run}'",
            "figure=[reconstructions]",
            f"weights={weights}",
            f"output={weights}",
        )
    best, last = (Image.open(tmp_path / weights / "reconstructions.png") for weights in ("best", "last"))
    assert best.tobytes() != last.tobytes()
