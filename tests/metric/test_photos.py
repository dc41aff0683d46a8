"""Whole photos are scored as scikit-image scores what their files would hold."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate
from whole_photos import photos, system_of, write

from aelab.colour import luminance
from aelab.corruption.corruption import Corruption
from aelab.corruption.gaussian import Gaussian
from aelab.evaluation import evaluate, score
from aelab.evaluation import photos as traces
from aelab.metric.photos import Photos
from aelab.metric.ssim import ssim_map


class Halved(Corruption):
    multiple = 2

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[0], shape[1] // 2, shape[2] // 2

    def forward(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, 2)


class Enlarged(Halved):
    """The same, brought back to its size."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(avg_pool2d(x, 2), scale_factor=2)


class Grey(Corruption):
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return 1, *shape[1:]

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1, keepdim=True)


class Coloured(nn.Module):
    def forward(self, h: Tensor) -> Tensor:
        return h.expand(-1, 3, -1, -1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def metric(shave: int | None = None, luminance: bool = False, before: str = "input") -> Photos:
    return Photos(shave, luminance, before)


def eight_bits(x: Tensor) -> np.ndarray:
    return (255 * x.clamp(0, 1)).round().byte().numpy()


def decibels(x: np.ndarray, other: np.ndarray) -> float:
    """Of bytes, as files hold them."""
    return 10 * math.log10(255**2 / np.square(x.astype(float) - other.astype(float)).mean())


def test_psnr_of_files_averaged_over_photos(folder: Path) -> None:
    system = system_of(photos(folder), {"photos": metric()}, nn.AvgPool2d(3, 1, 1), noise=Gaussian(0.1))
    found = score(system, ["test"])
    seen = list(traces(system, "test"))
    assert [tuple(trace.x.shape[-2:]) for trace in seen] == [(18, 18), (29, 22), (16, 16)]
    for name, entry in (("photo", "x_hat"), ("input", "x_tilde")):
        each = [decibels(eight_bits(trace.x), eight_bits(trace[entry])) for trace in seen]
        assert found[f"test/{name}_psnr"] == pytest.approx(np.mean(each), abs=1e-3)
    assert 19.8 < found["test/input_psnr"] < 21  # noise of 0.1, some of it clipped
    assert set(found) == {
        "test/loss",
        *(f"test/{n}_{s}" for n in ("photo", "input") for s in ("psnr", "ssim")),
    }


def test_a_photo_is_corrupted_in_the_same_way_every_time(folder: Path) -> None:
    system = system_of(photos(folder), noise=Gaussian(0.1))
    first, again = ([trace.x_tilde for trace in traces(system, "test")] for _ in range(2))
    assert all(a.equal(b) for a, b in zip(first, again, strict=True))
    (alone,) = traces(system, "test", 1)
    assert alone.x_tilde.equal(first[0])
    noise = [(trace.x_tilde - trace.x)[0, 0, :16, :16] for trace in traces(system, "test")]
    assert not noise[0].allclose(noise[1], atol=0.01)


def test_an_identity_without_corruption_is_exact(folder: Path) -> None:
    found = score(system_of(photos(folder), {"photos": metric()}), ["val", "test"])
    assert found["test/photo_psnr"] == 100 and found["test/photo_ssim"] == pytest.approx(1)


def test_shaved_by_the_factor_unless_told_otherwise(folder: Path) -> None:
    data = photos(folder)
    for shave, margin in ((None, 2), (0, 0), (5, 5)):
        judge = metric(shave, before="enlarged")
        system = system_of(data, {"photos": judge}, half=Enlarged(1.0))
        assert not list(judge.objections(system))
        found = score(system, ["test"])
        each, similar = [], []
        for trace in traces(system, "test"):
            x, x_hat = (
                image[..., margin : h - margin, margin : w - margin]
                for h, w in [trace.x.shape[-2:]]
                for image in (trace.x, trace.x_hat)
            )
            each.append(decibels(eight_bits(x), eight_bits(x_hat)))
            similar.append(ssim_map(x, torch.from_numpy(eight_bits(x_hat)) / 255).mean().item())
        assert found["test/photo_psnr"] == pytest.approx(np.mean(each), abs=1e-3)
        assert found["test/photo_ssim"] == pytest.approx(np.mean(similar), abs=1e-4)
        assert found["test/enlarged_psnr"] == pytest.approx(found["test/photo_psnr"], abs=0.02)


def test_photos_are_cropped_to_what_the_corruption_takes(folder: Path) -> None:
    system = system_of(photos(folder), {"photos": metric()}, nn.Upsample(scale_factor=2), half=Halved(1.0))
    assert [tuple(trace.x.shape[-2:]) for trace in traces(system, "test")] == [(18, 18), (28, 22), (16, 16)]
    assert not list(system.metrics["photos"].objections(system))
    found = score(system, ["test"])
    assert "test/photo_psnr" in found and "test/input_psnr" not in found  # which has another size


def test_a_grey_input_of_colour_photos_is_scored_as_its_grey_copy(folder: Path) -> None:
    system = system_of(photos(folder), {"photos": metric()}, Coloured(), grey=Grey(1.0))
    assert not list(system.metrics["photos"].objections(system))
    found = score(system, ["test"])
    assert (
        found["test/input_psnr"] == pytest.approx(found["test/photo_psnr"], abs=1e-5)
        and found["test/photo_psnr"] < 40
    )


def test_luminance_of_colour_photos(folder: Path) -> None:
    system = system_of(photos(folder), {"photos": metric(luminance=True)}, noise=Gaussian(0.1))
    assert not list(system.metrics["photos"].objections(system))
    found = score(system, ["test"])
    each = []
    for trace in traces(system, "test"):
        y, y_hat = (
            255 * luminance(torch.from_numpy(eight_bits(of)) / 255.0) for of in (trace.x, trace.x_hat)
        )
        each.append(decibels(y.numpy(), y_hat.numpy()))
    assert found["test/photo_psnr"] == pytest.approx(np.mean(each), abs=1e-3)


def test_only_finished_runs_are_scored_by_it(folder: Path) -> None:
    system = system_of(photos(folder), {"photos": metric()})
    assert set(evaluate(system, "val")) == {"loss"}


def test_data_without_photos_is_objected_to(folder: Path) -> None:
    (line,) = metric().objections(system_of(photos(folder, binarize="static", size=4)))
    assert line == "needs whole photos; dataset=photos has them, unless centred or binarized"


@pytest.mark.parametrize(("shave", "margin"), [(8, 8), (None, 8)])
def test_borders_that_leave_nothing_of_a_photo(shave: int | None, margin: int, folder: Path) -> None:
    """The smallest has 16 pixels a side."""
    data = photos(folder)
    system = system_of(data, a=Enlarged(1.0), b=Enlarged(1.0), c=Enlarged(1.0))  # a factor of 8
    (line,) = metric(shave).objections(system)
    assert line == f"leaves out {margin} pixels of each border, and a photo has 16; lower shave"
    assert not list(metric(7).objections(system))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shave": -1}, "shave must be at least 0"),
        ({"before": "photo"}, "before must be a word other than photo"),
    ],
)
def test_impossible_settings(settings: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        metric(**settings)
