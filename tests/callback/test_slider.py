"""Pictures over the training: at several steps of TensorBoard, never twice, and nobody notices."""

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training import TINY, interrupted, same, trained, weights

from aelab.callback import slider
from aelab.figure.figure import View
from aelab.figure.manifold import Manifold
from aelab.figure.reconstructions import Reconstructions
from aelab.figure.tile import pixels
from aelab.training import Training
from aelab.view import glimpse

SHOWN = [
    *(text for text in TINY if not text.startswith(("logger", "figure", "trainer.max_epochs"))),
    "trainer.max_epochs=6",
    "figure=[reconstructions,latent_map,loss_curves]",
    "logger.tensorboard.share=100",  # time for all of them
]
RANDOM = ["corruption=gaussian", "model.dropout=0.2", "dataset.binarize=dynamic"]
EPOCH = 7


def pictures(run: Path) -> dict[str, list[tuple[int, np.ndarray]]]:
    """figure -> (step, [h, w, 3]), in the order of the steps: files of the same second have none."""
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    drawn = {tag: sorted(events.Images(tag), key=lambda event: event.step) for tag in events.Tags()["images"]}
    return {tag: [(event.step, decoded(event.encoded_image_string)) for event in drawn[tag]] for tag in drawn}


def decoded(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def steps(run: Path) -> dict[str, list[int]]:
    return {name: [step for step, _ in found] for name, found in pictures(run).items()}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole figures have time from the first step on, however long they take."""
    monkeypatch.setattr(slider, "GUESS", 0)


def show(folder: Path, *overrides: str, **how: Any) -> None:
    trained(folder, *overrides, tiny=SHOWN, **how)


def test_figures_that_need_only_the_net_come_at_several_epochs(tmp_path: Path) -> None:
    show(tmp_path)
    found = pictures(tmp_path)
    assert found.keys() == {"reconstructions", "latent_map"}
    for drawn in found.values():
        assert [step for step, _ in drawn] == [EPOCH * epoch for epoch in range(6)]
        assert len({picture.shape for _, picture in drawn}) == 1
        assert not any(np.array_equal(a, b) for (_, a), (_, b) in pairwise(drawn))


def test_a_later_stage_that_saves_in_its_first_epoch_writes_pictures(tmp_path: Path) -> None:
    """The stage before has closed TensorBoard's file, and nothing was logged since."""
    coupled = ["model=coupled", "recipe=coupled", "corruption=gaussian", "dataset.batch_size=4"]
    show(tmp_path, *coupled, "callback.checkpoint.every_seconds=0")
    assert steps(tmp_path)["reconstructions"][0] == 0


def test_the_training_is_the_one_without(tmp_path: Path) -> None:
    show(tmp_path / "shown", *RANDOM)
    show(tmp_path / "plain", *RANDOM, "logger.tensorboard.pictures=0")
    assert steps(tmp_path / "plain") == {}
    assert same(weights(tmp_path / "shown"), weights(tmp_path / "plain"))
    names = ("shown", "plain")
    assert len({(tmp_path / name / "metrics.csv").read_text() for name in names}) == 1


@pytest.mark.parametrize("at", [3 * EPOCH - 1, 3 * EPOCH, 3 * EPOCH + 1])
def test_a_run_that_was_stopped_and_goes_on_has_each_once(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(at):
        show(tmp_path)
    show(tmp_path, resume=True)
    show(tmp_path, "trainer.max_epochs=10", resume=True)
    found = steps(tmp_path)["reconstructions"]
    assert found[:6] == [0, 7, 14, 21, 28, 35] and len({*found}) == len(found) and 42 < found[-1] < 70


def test_a_killed_run_has_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead in the midst of a training: what is newer than its checkpoint was not written."""

    class Killed(BaseException):
        pass

    def dying(self: Training) -> None:
        if self.position.value == 4 * EPOCH:
            raise Killed
        close(self)

    close = Training.close_epoch
    with monkeypatch.context() as patch:
        patch.setattr(Training, "close_epoch", dying)
        with pytest.raises(Killed):
            show(tmp_path)
    assert steps(tmp_path) == {}
    show(tmp_path, resume=True)
    assert steps(tmp_path)["reconstructions"] == [0, 7, 14, 21, 28, 35]


def test_whole_figures_have_the_share_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slider, "LEAST", 1000)
    show(tmp_path, "logger.tensorboard.share=0")
    assert steps(tmp_path).keys() == {"reconstructions"}


def test_without_time_there_is_the_untrained_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slider, "LEAST", 0)
    show(tmp_path, "logger.tensorboard.share=0")
    assert steps(tmp_path) == {"reconstructions": [0]}


def test_a_filmed_figure_is_drawn_by_the_film(tmp_path: Path) -> None:
    show(tmp_path, "callback=[checkpoint,film]", "figure@callback.film.figure=latent_map")
    assert steps(tmp_path).keys() == {"reconstructions", "latent_map_film"}


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("vae")
    return trained(folder, "model/latent=gaussian", "loss=[bce,kl]", "corruption=masking").system


def test_bare_reconstructions_are_the_figures_own_rows(vae: Any) -> None:
    """x, the same x̃ as in the end, x̂: a row each"""
    with glimpse(vae, "") as view:
        bare = Reconstructions(10, baselines=True).bare(view)
        canvas = Reconstructions(10, baselines=True).draw(view)
    assert bare is not None and canvas is not None
    (image,) = (axes.get_images()[0] for axes in canvas.axes if axes.get_images())
    shown = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
    times = bare.shape[1] // shown.shape[1]
    expected = np.nan_to_num(255 * shown, nan=255.0)
    assert shown.shape[0] * times == bare.shape[0]
    assert np.abs(bare[::times, ::times] - expected).max() <= 0.51


def test_the_bare_manifold_is_what_the_decoder_makes(vae: Any) -> None:
    with glimpse(vae, "") as view:
        manifold = Manifold(3).bare(view)
        u = torch.special.ndtri((torch.arange(3) + 0.5) / 3)
        z = torch.stack([torch.stack([a, b]) for b in u.flip(0) for a in u])
        with torch.no_grad():
            expected = pixels(view.model.decode(z)["x_hat"], view.dataset)
    assert manifold is not None and manifold.shape[0] == manifold.shape[1] >= 320
    dots = manifold.shape[0] // (3 * 8 + 2)  # of a pixel; between two images is one pixel's room
    for i, image in enumerate(expected):
        top, left = (9 * dots * place for place in divmod(i, 3))
        drawn = manifold[top : top + 8 * dots : dots, left : left + 8 * dots : dots]
        assert np.abs(drawn - 255 * image).max() <= 0.51


@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
def test_figures_of_a_net_of_another_precision(precision: str, tmp_path: Path) -> None:
    """They decode codes of their own in single precision, or make arrays of NumPy's; the training goes on."""
    overrides = [f"trainer.precision={precision}", *RANDOM]
    show(tmp_path / "seen", *overrides, "figure=[reconstructions,traversal]")
    trained(tmp_path / "alone", *overrides, tiny=[*TINY, "trainer.max_epochs=6"])
    assert set(steps(tmp_path / "seen")) == {"reconstructions", "traversal"}
    assert same(weights(tmp_path / "seen"), weights(tmp_path / "alone"))


def test_a_glimpse_leaves_modes_and_random_numbers_as_they_were(vae: Any) -> None:
    vae.train()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with glimpse(vae, "") as view:
        assert isinstance(view, View) and not vae.training
        torch.rand(7)
    assert vae.training and torch.equal(torch.rand(4), expected)
