"""A user's own photo: identities in every kind of model, enlarged as Pillow does, coloured, refused."""

import numpy as np
import pytest
import torch
from corruption.test_downsample import pillow
from test_tiles import system_of
from torch import Tensor, nn
from torch.nn.functional import interpolate

from aelab import restore as module
from aelab.colour import from_ycbcr, luma, ycbcr
from aelab.corruption.corruption import Corruption
from aelab.corruption.downsample import Downsample
from aelab.corruption.gaussian import Gaussian
from aelab.corruption.grayscale import Grayscale
from aelab.corruption.masking import Masking
from aelab.photo import Photo
from aelab.restore import restore
from aelab.system import System

RGB, Y = (3, 8, 8), (1, 8, 8)


def photo(h: int = 21, w: int = 30, is_grey: bool = False, alpha: bool = False, bits: int = 8) -> Photo:
    """Smooth enough that bicubic enlargement stays in [0, 1]."""
    generator = torch.Generator().manual_seed(h)
    rough = torch.rand(1, 1 if is_grey else 3, 4, 4, generator=generator) * 0.6 + 0.2
    pixels = interpolate(rough, size=(h, w), mode="bilinear").expand(-1, 3, -1, -1)
    return Photo(pixels, is_grey, torch.rand(1, 1, h, w) if alpha else None, bits)


def close(a: Tensor, b: Tensor | np.ndarray) -> None:
    torch.testing.assert_close(a, torch.as_tensor(b), atol=2e-6, rtol=0)


@pytest.mark.parametrize("is_grey", [False, True])
@pytest.mark.parametrize("shape", [RGB, Y])
def test_an_identity_gives_the_photo_back(shape: tuple[int, ...], is_grey: bool) -> None:
    given = photo(is_grey=is_grey, alpha=True)
    written, found = restore(system_of(nn.Identity(), shape, Gaussian(0.5)), given)
    for pixels in (written.pixels, found.before, found.after):
        close(pixels, given.pixels)
    assert written.is_grey == is_grey and found.truth is None
    assert written.alpha is not None and given.alpha is not None and torch.equal(written.alpha, given.alpha)


class Dark(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x - 0.1


def test_a_model_of_the_luminance_leaves_the_colours() -> None:
    given = photo()
    after = restore(system_of(Dark(), Y), given)[1].after
    close(after, from_ycbcr(ycbcr(given.pixels) - torch.tensor([0.1, 0, 0]).view(3, 1, 1)))


@pytest.mark.parametrize("is_grey", [False, True])
@pytest.mark.parametrize("shape", [RGB, Y])
@pytest.mark.parametrize("scale", [2, 4])
def test_super_resolution_enlarges(scale: int, shape: tuple[int, ...], is_grey: bool) -> None:
    """Nothing is made smaller; what an identity leaves is Pillow's bicubic enlargement, alpha's too."""
    given = photo(is_grey=is_grey, alpha=True)
    written, found = restore(system_of(nn.Identity(), shape, Downsample(scale)), given)
    close(written.pixels, pillow(given.pixels, 21 * scale, 30 * scale))
    close(found.before, written.pixels)
    assert given.alpha is not None and written.alpha is not None
    close(written.alpha, pillow(given.alpha, 21 * scale, 30 * scale))


@pytest.mark.parametrize("shape", [RGB, Y])
def test_a_net_that_enlarges_is_given_the_photo_as_it_is(shape: tuple[int, ...]) -> None:
    given = photo()
    system = system_of(nn.Upsample(scale_factor=2), shape, Downsample(2, enlarge="none"))
    found = restore(system, given)[1]
    close(found.before, pillow(given.pixels, 42, 60))
    if shape == RGB:
        close(found.after, given.pixels.repeat_interleave(2, -1).repeat_interleave(2, -2))
    else:
        bigger = interpolate(ycbcr(given.pixels)[:, :1], scale_factor=2.0)
        close(ycbcr(found.after)[:, :1], bigger)


@pytest.mark.parametrize("shape", [RGB, Y])
def test_degraded_it_is_cropped_and_made_smaller_in_all_its_colours(shape: tuple[int, ...]) -> None:
    given = photo(alpha=True)
    written, found = restore(system_of(nn.Identity(), shape, Downsample(4)), given, degrade=True)
    truth = given.pixels[..., :20, :28]
    assert found.truth is not None and torch.equal(found.truth, truth)
    small = torch.as_tensor(pillow(truth.contiguous(), 5, 7))
    close(found.after, pillow(small, 20, 28))
    assert written.alpha is not None and written.alpha.shape == (1, 1, 20, 28)


def test_corrupted_in_use_by_what_is_always_there_and_else_if_asked() -> None:
    given, system = photo(), system_of(nn.Identity(), RGB, Masking(1.0))
    assert restore(system, given)[1].before.amax() > 0
    assert restore(system, given, degrade=True)[1].before.amax() == 0
    assert restore(system_of(nn.Identity(), RGB, Masking(1.0, always=True)), given)[1].before.amax() == 0


class Sepia(nn.Module):
    """Grey [b, 1, h, w] -> [b, 3, h, w]"""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, 0.8 * x, 0.5 * x], 1)


@pytest.mark.parametrize("is_grey", [False, True])
def test_a_colorizer_throws_the_colours_away_and_puts_others_in(is_grey: bool) -> None:
    given = photo(is_grey=is_grey)
    written, found = restore(system_of(Sepia(), RGB, Grayscale()), given)
    grey = luma(given.pixels)
    close(found.before, grey.expand(-1, 3, -1, -1))
    close(found.after, Sepia()(grey))
    assert not written.is_grey


def test_what_16_bits_become() -> None:
    kept = restore(system_of(nn.Identity(), RGB), photo(is_grey=True, bits=16))[0]
    assert (kept.bits, kept.notes) == (16, [])
    coloured = restore(system_of(Sepia(), RGB, Grayscale()), photo(is_grey=True, bits=16))[0]
    assert (coloured.bits, coloured.notes) == (8, ["16 bits, in colour written as 8"])


class Tint(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tensor([0.1, 0.0, -0.04]).view(3, 1, 1)


def test_grey_stays_grey() -> None:
    given = photo(is_grey=True)
    close(restore(system_of(Tint(), RGB), given)[0].pixels, given.pixels + 0.02)


@pytest.mark.parametrize(
    ("chain", "size", "degrade", "words"),
    [
        ([], (20, 30), False, "30 x 20 pixels are too many; at most 0 million"),
        ([Downsample(2)], (10, 20), False, "40 x 20 pixels are too many; at most 0 million"),
        ([Downsample(4)], (3, 9), True, "9 x 3 pixels cannot be made 4 times smaller"),
    ],
)
def test_refused(
    chain: list[Corruption], size: tuple[int, int], degrade: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 500)
    system: System = system_of(nn.Identity(), RGB, *chain)
    with pytest.raises(ValueError) as error:
        restore(system, photo(*size), degrade)
    assert str(error.value) == words
    restore(system, photo(8, 8), degrade)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (7, 5)])
def test_a_photo_smaller_than_a_tile(size: tuple[int, int]) -> None:
    given = photo(*size)
    close(restore(system_of(nn.Identity(), RGB), given)[0].pixels, given.pixels)
