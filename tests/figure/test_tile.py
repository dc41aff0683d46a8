"""A tiled picture holds exactly its images."""

import numpy as np
import pytest
import torch

from aelab.dataset.scale import Scale, fixed, standard
from aelab.figure.tile import cell, centres, columns_for, pixels, tile


@pytest.mark.parametrize("colour", [(), (3,)])
@pytest.mark.parametrize(("h", "w"), [(6, 4), (16, 20), (40, 31)])
def test_every_tile_holds_its_image_and_nothing_else_is_covered(untiled, h, w, colour):
    images = np.random.default_rng(0).random((5, h, w, *colour), dtype=np.float32) / 2
    picture = tile(images, 3)
    np.testing.assert_array_equal(untiled(picture, 5, h, w), images)
    rest = picture == 1 if colour else np.isnan(picture)
    assert (~rest).sum() == images.size * cell(h, w)[0] ** 2


def test_the_middles_of_the_tiles():
    images = np.arange(6, dtype=np.float32)[:, None, None].repeat(5, 1).repeat(3, 2)
    picture = tile(images, 3)
    _, h, w, gap = cell(5, 3)
    middles = [picture[round(y), round(x)] for y in centres(2, h, gap) for x in centres(3, w, gap)]
    assert middles == [0, 1, 2, 3, 4, 5]
    assert centres(2, h, gap)[0] + centres(2, h, gap)[1] == picture.shape[0] - 1  # symmetric


def test_a_byte_of_unit_scale_is_shown_as_itself(memory):
    dataset = memory((3, 5, 4))
    rows = dataset.splits["test"]
    shades = pixels(dataset.batch(rows)[0], dataset)
    np.testing.assert_allclose(shades * 255, dataset.rows.x[rows].permute(0, 2, 3, 1).numpy(), atol=1e-4)


@pytest.mark.parametrize("scale", [standard, lambda train: fixed(127.5, 127.5)])
def test_other_scales_show_the_training_rows_from_black_to_white(memory, scale):
    dataset = memory((1, 5, 4), scale=scale)
    x, _ = dataset.batch(dataset.splits["train"])
    shades = pixels(x, dataset)
    low, high = x.min(), x.max()
    np.testing.assert_allclose(shades, ((x - low) / (high - low))[:, 0].numpy(), atol=1e-5)
    beyond = pixels(torch.cat([x - 100, x + 100]), dataset)
    assert set(np.unique(beyond)) == {0, 1}  # clipped, not wrapped


def test_centred_rows_are_shown_with_their_mean(memory):
    plain, centred = memory((1, 5, 4)), memory((1, 5, 4), centred=True)
    rows = plain.splits["train"]
    black, white = plain.rows.x[rows].min() / 255, plain.rows.x[rows].max() / 255
    want = (pixels(plain.batch(rows)[0], plain) - black.item()) / (white - black).item()
    np.testing.assert_allclose(pixels(centred.batch(rows)[0], centred), want, atol=1e-5)


def test_a_constant_image_is_drawn(memory):
    dataset = memory((1, 2, 2), scale=lambda train: Scale(torch.tensor(0.0), torch.tensor(-1.0)))
    dataset.rows.x.fill_(7)
    assert np.isfinite(pixels(dataset.batch(dataset.splits["test"])[0], dataset)).all()


def test_a_low_resolution_is_enlarged_pixel_by_pixel(memory):
    dataset = memory((1, 6, 4))
    low = torch.rand(2, 1, 3, 2, generator=torch.Generator().manual_seed(0))
    want = low[:, 0].repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    np.testing.assert_array_equal(pixels(low, dataset), want.numpy())


@pytest.mark.parametrize(("n", "h", "w", "want"), [(64, 8, 8, 8), (32, 5, 5, 8), (1, 28, 20, 1)])
def test_columns_fill_a_square(n, h, w, want):
    assert columns_for(n, h, w) == want


@pytest.mark.parametrize("n", range(1, 70))
def test_columns_never_exceed_the_tiles(n):
    assert 1 <= columns_for(n, 28, 20) <= n
    assert 1 <= columns_for(n, 2, 30) <= n
