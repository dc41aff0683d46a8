"""A film has a frame for its epochs, and nobody notices that it is taken."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from training import trained

from aelab.callback.film import Film
from aelab.errors import UserError
from aelab.figure.manifold import Manifold

VAE = ["model/latent=gaussian", "loss=[bce,kl]", "trainer.max_epochs=4"]
FILMED = [*VAE, "callback=[checkpoint,film]", "callback.film.figure.manifold.n=3", "callback.film.count=4"]


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def test_it_has_a_frame_for_every_epoch_it_was_taken_at(tmp_path: Path) -> None:
    trained(tmp_path, *FILMED)
    frames = sorted(path.name for path in (tmp_path / "checkpoints" / "film").iterdir())
    assert frames == [f"manifold-{epoch:06d}.png" for epoch in (0, 1, 2, 4)]
    with Image.open(tmp_path / "figures" / "manifold_film.gif") as film:
        assert film.n_frames == 4 and film.info["loop"] == 0  # type: ignore[attr-defined]
        shades = []
        for i in range(4):
            film.seek(i)
            shades.append(np.asarray(film.convert("RGB"), dtype=float))
    assert all(np.abs(a - b).max() > 20 for a, b in pairwise(shades))


def test_several_figures_have_a_film_each(tmp_path: Path) -> None:
    trained(tmp_path, *VAE, "callback=[film]", "figure@callback.film.figure=[manifold,latent_map]")
    for name in ("manifold", "latent_map"):
        with Image.open(tmp_path / "figures" / f"{name}_film.gif") as film:
            assert film.n_frames == 5  # type: ignore[attr-defined]


def test_the_training_is_the_one_without_it(tmp_path: Path) -> None:
    trained(tmp_path / "plain", *VAE)
    trained(tmp_path / "filmed", *FILMED)
    plain, filmed = weights(tmp_path / "plain"), weights(tmp_path / "filmed")
    assert all(torch.equal(plain[name], filmed[name]) for name in plain)


def test_a_longer_run_keeps_the_frames_it_has_and_drops_newer_ones(tmp_path: Path) -> None:
    trained(tmp_path, *FILMED, "trainer.max_epochs=2")
    place = tmp_path / "checkpoints" / "film"
    first = (place / "manifold-000001.png").stat().st_mtime_ns
    (place / "manifold-000003.png").write_bytes(b"of a process that was killed")
    trained(tmp_path, *FILMED, "trainer.max_epochs=8", resume=True)
    assert (place / "manifold-000001.png").stat().st_mtime_ns == first
    assert sorted(int(path.stem[-6:]) for path in place.glob("*.png")) == [0, 1, 2, 3, 8]
    Image.open(place / "manifold-000003.png").verify()


def test_a_figure_that_has_nothing_to_show_makes_no_film(tmp_path: Path) -> None:
    trained(tmp_path, *FILMED, "model.latent.dim=3", "trainer.max_epochs=1")
    assert not (tmp_path / "checkpoints" / "film").exists() and not list(tmp_path.glob("figures/*.gif"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"count": 1}, "count must be at least 2, the first and the last, got 1"),
        ({"seconds": 0}, "seconds must be positive, got 0"),
    ],
)
def test_refusals(settings: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        Film(tmp_path, {"manifold": Manifold(3)}, "tiny", **settings)
    assert str(caught.value) == said


def test_a_figure_of_a_sweep_has_no_film(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a film is of one run, and the figure scores is of a sweep's"):
        trained(tmp_path, *VAE, "callback=[film]", "figure@callback.film.figure=scores")
