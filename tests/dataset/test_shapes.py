"""Sprites with known factors: their order, their places, and that bits are pixels."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.shapes import sprites
from aelab.dataset.sprites import SIZES, TOTAL, Sprites
from aelab.errors import UserError

Make = Callable[..., Dataset]


def factors_of(data: Dataset) -> Tensor:
    assert data.rows.factors is not None
    return data.rows.factors


def centre(image: Tensor) -> Tensor:
    """(row, column) of the middle of the white pixels of [h, w]."""
    return image.nonzero().double().mean(0)


@pytest.fixture(scope="module")
def whole() -> Dataset:
    from aelab.dataset.shapes import Shapes

    return Shapes(None).setup()


def test_all_are_there_in_the_order_of_dsprites(whole: Dataset) -> None:
    factors = factors_of(whole)
    assert factors.shape == (TOTAL, 5) and whole.rows.factor_names == list(SIZES)
    some = itertools.islice(itertools.product(*map(range, SIZES.values())), 100_000, 100_050)
    assert [tuple(row) for row in factors[100_000:100_050].tolist()] == list(some)
    assert factors[-1].tolist() == [2, 5, 39, 31, 31]
    assert torch.equal(whole.rows.y, factors[:, 0])  # type: ignore[arg-type]
    assert whole.rows.classes == ["square", "ellipse", "heart"] and whole.shape == (1, 64, 64)
    assert whole.rows.x.nbytes == TOTAL * 512


def test_a_step_of_a_position_is_a_pixel_and_nothing_else(whole: Dataset) -> None:
    first = ((1 * 6 + 3) * 40 + 7) * 1024  # some ellipse in the upper left corner
    images = whole.stored(first + torch.arange(1024))[:, 0].view(32, 32, 64, 64)  # [x, y, h, w]
    for x, y in ((0, 0), (31, 0), (0, 31), (31, 31), (5, 20)):
        moved = images[0, 0].roll((y, x), (0, 1))
        assert torch.equal(images[x, y], moved)
        torch.testing.assert_close(centre(images[x, y]), centre(images[0, 0]) + torch.tensor([y, x]).double())
    assert images[31, 31].sum() == images[0, 0].sum() > 0  # nothing fell off the edge


def test_scale_is_of_length_and_shapes_are_about_alike() -> None:
    area = sprites().double().sum((-1, -2))  # [3, 6, 40]
    ratio = (area / area[:, -1:]).mean(2).sqrt()
    torch.testing.assert_close(ratio, torch.linspace(0.5, 1, 6).double().expand(3, 6), atol=0.03, rtol=0)
    closed = torch.tensor([22.0**2, math.pi * 15 * 7.5])  # the heart's area has no simple form
    torch.testing.assert_close(area[:2, -1].mean(1).float(), closed, rtol=0.03, atol=0)
    assert (area == area[:, :, :1]).all(2).logical_not().all()  # turning changes pixels ...
    assert ((area / area.mean(2, keepdim=True) - 1).abs() < 0.2).all()  # ... but hardly their number


def test_a_turn_is_counterclockwise_and_a_whole_one_is_none() -> None:
    shapes = sprites()
    assert torch.equal(shapes[:, :, 0], shapes[:, :, 39])
    upright, heart = shapes[:, -1, 0], shapes[2, -1]
    assert torch.equal(upright, upright.flip(-1))  # symmetric, left and right
    assert heart[0].nonzero()[-1].tolist() == [29, 16] and centre(heart[0])[0] < 16  # its tip is below
    tip = heart[10].nonzero()[heart[10].nonzero()[:, 1].argmax()]  # after 92 degrees
    assert tip[1] >= 28 and 14 <= tip[0] <= 16  # on the right
    for turn in (1, 5, 12):  # the ellipse's long axis, against the angle
        rows, columns = (sprites()[1, -1, turn].nonzero().double() - 16).T
        spread = torch.stack([columns, -rows]) @ torch.stack([columns, -rows]).T
        axis = torch.linalg.eigh(spread).eigenvectors[:, -1]
        angle = float(torch.atan2(axis[1], axis[0])) % math.pi
        assert angle == pytest.approx(turn * 2 * math.pi / 39 % math.pi, abs=0.03)


def test_sprites_differ() -> None:
    """All but a few small squares, whose pixels cannot show 2 degrees; the last orientation is the first."""
    different = len(torch.unique(sprites()[:, :, :39].flatten(0, 2).flatten(1), dim=0))
    assert 0.95 * 702 < different <= 702


def test_some_are_rows_of_all(whole: Dataset, dataset: Make) -> None:
    data = dataset("shapes", "n=500").setup()
    size = torch.tensor(list(SIZES.values()))
    place = size.flip(0).cumprod(0).flip(0).roll(-1)
    place[-1] = 1
    numbers = (factors_of(data) * place).sum(1)
    assert (numbers.diff() > 0).all()
    assert torch.equal(data.rows.x, whole.rows.x[numbers])
    again, other = (dataset("shapes", "n=500", f"split_seed={seed}").setup() for seed in (0, 1))
    assert torch.equal(again.rows.x, data.rows.x) and not torch.equal(other.rows.x, data.rows.x)


def test_bits_are_numpys(dataset: Make) -> None:
    data = dataset("shapes", "n=50").setup()
    pixels = np.unpackbits(data.rows.x.numpy(), axis=1).reshape(50, 1, 64, 64)
    rows = torch.tensor([3, 49, 3])
    x, y = data.batch(rows)
    assert np.array_equal(x.numpy(), pixels[rows].astype(np.float32)) and x.dtype == torch.float32
    assert torch.equal(y, factors_of(data)[rows, 0])  # type: ignore[arg-type]
    assert data.is_unit and data.ends == (0, 255)
    train = data.splits["train"]
    np.testing.assert_allclose(data.mean() / 255, pixels[train].mean(0), atol=1e-6)
    assert np.array_equal(data.span() // 255, [pixels[train].min(0), pixels[train].max(0)])


def test_centred_and_binarized(dataset: Make) -> None:
    plain = dataset("shapes", "n=50").setup()
    centred = dataset("shapes", "n=50", "centred=true").setup()
    rows = plain.splits["train"]
    assert centred.batch(rows)[0].mean(0).abs().max() < 1e-6
    for how in ("static", "dynamic"):  # a black or white pixel is its own draw
        data = dataset("shapes", "n=50", f"binarize={how}").setup()
        assert torch.equal(data.batch(rows, train=True)[0], plain.batch(rows)[0])
    grey = torch.full((20, 1, 64, 64), 128, dtype=torch.uint8)  # a user's own
    dataset("shapes", "n=50").setup().binarize_once(grey)
    assert set(grey.unique().tolist()) == {0, 255}


@pytest.mark.parametrize("n", [9, TOTAL + 1])
def test_how_many(n: int, dataset: Make) -> None:
    with pytest.raises((ValueError, UserError), match=f"n must lie between 10 and 737280, .* got {n}"):
        dataset("shapes", f"n={n}")
    assert issubclass(type(dataset("shapes")), Sprites)
