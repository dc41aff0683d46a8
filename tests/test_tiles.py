"""Whole photos by tiles: nothing is lost, nothing is seen of the tiles, little is held."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate
from torch.utils._python_dispatch import TorchDispatchMode

from aelab import tiles
from aelab.corruption.corruption import Corruption, Corruptions
from aelab.corruption.downsample import Downsample
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.loss.mse import MSE
from aelab.model.autoencoder import Autoencoder, Latent
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System
from aelab.tiles import joined, restored, starts
from aelab.trace import Trace

PATCH = (1, 8, 8)


class Patches(Dataset):
    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.of = shape

    def read(self) -> Rows:
        return Rows(
            torch.arange(20 * 3 * 8 * 8, dtype=torch.uint8)[: 20 * self.of[0] * 64].view(20, *self.of)
        )


class Same(Latent):
    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": h}


class Halved(Corruption):
    """Grey in, colour out, at half the size."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return 1, shape[1] // 2, shape[2] // 2

    def forward(self, x: Tensor) -> Tensor:
        return avg_pool2d(x.mean(1, keepdim=True), 2)


def system_of(decoder: nn.Module, shape: tuple[int, ...] = PATCH, *chain: Corruption) -> System:
    model = Autoencoder(nn.Identity(), Same(1), Normal(1), decoder)
    parts = {str(i): part for i, part in enumerate(chain)}
    return System(Patches(shape).setup(), Corruptions(parts), model, Objective({"mse": MSE()}), {}).eval()


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5, 0.75])
@pytest.mark.parametrize("size", [(8, 8), (64, 40), (17, 31), (9, 8), (5, 30), (3, 7), (1, 1), (1, 20)])
def test_an_identity_gives_any_photo_back(size: tuple[int, int], overlap: float) -> None:
    photo = torch.rand(1, 1, *size)
    x_hat = restored(system_of(nn.Identity()), Trace(x_tilde=photo), overlap)
    torch.testing.assert_close(x_hat, photo, atol=1e-6, rtol=0)


class Corners(nn.Module):
    """Where the tiles of a photo of its own rows' numbers begin."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[float] = set()

    def forward(self, z: Tensor) -> Tensor:
        self.seen |= set(z[:, 0, 0, 0].tolist())
        return z


def test_tiles_begin_where_patches_did_and_overlap_as_the_data_say() -> None:
    """A downsampled photo has a period of `scale` pixels, which patches know from their first on."""
    photo = torch.arange(32.0).view(1, 1, 32, 1).expand(1, 1, 32, 32)
    system, corners = system_of(Corners(), PATCH, Downsample(4)), {}  # overlap -> the rows of the corners
    for overlap in (0.5, 0.6, 0.9):
        system.dataset.overlap, decoder = overlap, Corners()
        system.model.decoder = decoder
        restored(system, Trace(x_tilde=photo))
        corners[overlap] = sorted(decoder.seen)
    assert all(rows == list(range(0, 25, 4)) for rows in corners.values())
    restored(system_of(every := Corners()), Trace(x_tilde=photo), overlap=0.9)
    assert sorted(every.seen) == list(range(25))


def test_a_convolution_is_that_of_the_whole_photo() -> None:
    """But for a tile's outermost pixels, where it sees zeros; these have sin²(π/16) of the weight."""
    torch.manual_seed(0)
    layer = nn.Conv2d(1, 1, 3, padding=1)
    photo = torch.rand(1, 1, 50, 37)
    system, whole = system_of(layer), layer(photo)
    off, edges = (
        (restored(system, Trace(x_tilde=photo), overlap) - whole)[..., 1:-1, 1:-1].abs().max()
        for overlap in (0.5, 0.0)
    )
    assert off < 2 * math.sin(math.pi / 16) ** 2 * edges  # 2: rows and columns
    alone = photo[..., :8, :8]
    torch.testing.assert_close(restored(system, Trace(x_tilde=alone)), layer(alone))


class Offsets:
    """Every tile in a shade of its own."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(0)

    def __call__(self, some: Trace) -> Tensor:
        shade = torch.randint(0, 2, (len(some.x_tilde), 1, 1, 1), generator=self.generator)
        return shade.float().expand(-1, *PATCH[:1], 16, 16)


def jump(x: Tensor) -> float:
    """The largest difference of neighbouring pixels."""
    return max(float(x.diff(dim=axis).abs().max()) for axis in (-1, -2))


def test_no_seams_where_tiles_side_by_side_show_them() -> None:
    photo, shape = torch.zeros(1, 1, 83, 60), (1, 16, 16)
    smooth = joined(Trace(x_tilde=photo), shape, shape, Offsets())
    hard = joined(Trace(x_tilde=photo), shape, shape, Offsets(), overlap=0.0)
    assert jump(hard) == 1 and float(smooth.min()) >= 0 and float(smooth.max()) <= 1 + 1e-6
    # of sin², whose steepest step is sin(pi / 16), to both sides of a tile at once
    assert 0.05 < jump(smooth) < 0.25


def test_the_last_tile_lies_flush() -> None:
    assert starts(20, 8, 0.5) == [0, 4, 8, 12]
    assert starts(21, 8, 0.5) == [0, 4, 8, 12, 13]
    assert starts(8, 8, 0.5) == [0] and starts(10, 8, 0.0) == [0, 2]
    assert starts(10, 8, 0.99) == [0, 1, 2]
    assert starts(21, 9, 0.6, 3) == [0, 3, 6, 9, 12] and starts(21, 9, 0.99, 3) == [0, 3, 6, 9, 12]


def test_small_and_grey_in_large_and_in_colour_out() -> None:
    class Enlarge(nn.Module):
        def forward(self, h: Tensor) -> Tensor:
            return interpolate(h, scale_factor=2, mode="nearest").expand(-1, 3, -1, -1)

    system = system_of(Enlarge(), (3, 8, 8), Halved(1.0))
    for size in ((5, 3), (31, 14)):
        small = torch.rand(1, 1, *size)
        x_hat = restored(system, Trace(x_tilde=small))
        expected = interpolate(small, scale_factor=2, mode="nearest").expand(-1, 3, -1, -1)
        torch.testing.assert_close(x_hat, expected, atol=1e-6, rtol=0)


def test_what_else_a_model_reads_is_cut_alike() -> None:
    photo, mask = torch.rand(1, 1, 21, 30), (torch.rand(1, 1, 21, 30) > 0.5).float()
    x = torch.rand(1, 1, 42, 60)
    seen = []

    def passed(some: Trace) -> Tensor:
        seen.append((some.attributes.shape, some.y.tolist(), some.likelihood))
        return some.x * interpolate(some.mask, scale_factor=2.0)

    begun = Trace(x_tilde=photo, mask=mask, x=x, attributes=torch.rand(1, 2), y=torch.tensor([4]))
    x_hat = joined(Trace(begun, likelihood="p"), PATCH, (1, 16, 16), passed)
    torch.testing.assert_close(x_hat, x * interpolate(mask, scale_factor=2.0), atol=1e-6, rtol=0)
    n = len(starts(21, 8, 0.5)) * len(starts(30, 8, 0.5))
    assert seen == [(torch.Size([n, 2]), [4] * n, "p")]


def test_batches_are_bounded_and_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "AT_ONCE", 7)
    sizes, done = [], []

    def passed(some: Trace) -> Tensor:
        sizes.append(len(some.x_tilde))
        return some.x_tilde

    photo = torch.rand(1, 1, 24, 28)  # 5 x 6 tiles
    x_hat = joined(
        Trace(x_tilde=photo), PATCH, PATCH, passed, progress=lambda some, all_: done.append((some, all_))
    )
    torch.testing.assert_close(x_hat, photo, atol=1e-6, rtol=0)
    assert sizes == [7, 7, 7, 7, 2]
    assert done == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]


class Held(TorchDispatchMode):
    """The largest tensor that any operation makes."""

    most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for one in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(one, Tensor):
                self.most = max(self.most, one.numel())
        return out


def test_no_more_is_held_than_the_photo_and_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tiles together would be four times the photo."""
    monkeypatch.setattr(tiles, "AT_ONCE", 16)
    photo = torch.rand(1, 1, 400, 300)
    with Held() as held:
        joined(Trace(x_tilde=photo), PATCH, PATCH, lambda some: some.x_tilde)
    assert held.most == photo.numel()


@pytest.mark.parametrize("overlap", [-0.1, 1.0])
def test_an_impossible_overlap(overlap: float) -> None:
    with pytest.raises(ValueError, match=r"overlap must lie in \[0, 1\)"):
        restored(system_of(nn.Identity()), Trace(x_tilde=torch.rand(1, 1, 9, 9)), overlap)


def test_sides_that_are_no_whole_multiples() -> None:
    with pytest.raises(ValueError, match=r"tiles of \[1, 3, 3\] do not make \[1, 8, 8\]"):
        joined(Trace(x_tilde=torch.rand(1, 1, 9, 9)), (1, 3, 3), PATCH, lambda some: some.x_tilde)
