"""Block: one rectangle, its size and place, and the mask that tells of it."""

from typing import Literal

import pytest
import torch
from scipy import stats
from torch import Tensor

from aelab.corruption.block import Block
from aelab.corruption.corruption import Corruptions
from aelab.schedule import Clock, Linear

SHAPES = [(1, 28, 28), (3, 9, 16), (1, 12, 7)]


def rows(shape: tuple[int, ...], b: int = 40) -> Tensor:
    return torch.rand(b, *shape, generator=torch.Generator().manual_seed(4)) * 0.8 + 0.1


@pytest.mark.parametrize("position", ["random", "centre"])
@pytest.mark.parametrize("strength", [0.1, 0.4, 0.5, 0.95])
@pytest.mark.parametrize("shape", SHAPES)
def test_hides_one_rectangle_of_that_fraction(shape: tuple[int, ...], strength: float, position: str) -> None:
    torch.manual_seed(0)
    x = rows(shape)
    x_tilde, mask = Block(strength, value=-1.0, position=position)(x)  # type: ignore[arg-type]
    _, h, w = shape
    assert mask.shape == (len(x), 1, h, w) and set(mask.unique().tolist()) == {0.0, 1.0}
    inside = (mask == 1).expand_as(x)
    assert torch.equal(x_tilde[~inside], x[~inside]) and (x_tilde[inside] == -1).all()
    sides = set()
    for one in mask[:, 0]:
        places = one.nonzero()  # [hidden, 2]
        top, left = places.amin(0).tolist()
        bottom, right = (places.amax(0) + 1).tolist()
        assert one[top:bottom, left:right].all() and one.sum() == (bottom - top) * (right - left)
        sides.add((bottom - top, right - left))
    ((height, width),) = sides  # the same in every image
    assert abs(height - strength * h) <= 0.5 and abs(width - strength * w) <= 0.5


def test_in_the_centre_its_margins_are_equal_up_to_one_pixel() -> None:
    for shape in SHAPES:
        _, mask = Block(0.4, position="centre")(rows(shape))
        assert torch.equal(mask, mask[:1].expand_as(mask))
        for axis in (0, 1):
            places = mask[0, 0].nonzero()[:, axis]
            before, after = int(places.min()), shape[1 + axis] - 1 - int(places.max())
            assert abs(before - after) <= 1


def test_random_places_are_uniform_and_independent_along_both_sides() -> None:
    torch.manual_seed(0)
    _, mask = Block(0.5)(torch.ones(4000, 1, 6, 4))  # sides 3 and 2: 4 x 3 places
    tops, lefts = mask[:, 0].amax(2).argmax(1), mask[:, 0].amax(1).argmax(1)
    counts = torch.bincount(tops * 3 + lefts, minlength=12)
    assert len(counts) == 12
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


@pytest.mark.parametrize("position", ["random", "centre"])
def test_every_cell_is_an_image_of_its_own(position: Literal["random", "centre"]) -> None:
    torch.manual_seed(0)
    _, mask = Block(0.4, position=position, every=10)(torch.ones(30, 3, 30, 25))
    cells = mask[:, 0].unflatten(1, (3, 10))[..., :20].unflatten(3, (2, 10))  # [b, rows, 10, columns, 10]
    cells = cells.transpose(2, 3).flatten(0, 2)
    found = {tuple(cell.flatten().tolist()) for cell in cells}
    _, alone = Block(0.4, position=position)(torch.ones(2000, 3, 10, 10))
    assert found <= {tuple(one.flatten().tolist()) for one in alone}
    assert (len(found) == 1) == (position == "centre")
    halves = mask[:, 0, :, 20:]  # what of the last blocks lies in the image
    assert 0 < halves.mean() < 0.32


def test_nothing_and_everything() -> None:
    x = rows((1, 6, 5))
    x_tilde, mask = Block(0.0, value=2.0)(x)
    assert torch.equal(x_tilde, x) and not mask.any()
    x_tilde, mask = Block(1.0, value=2.0)(x)
    assert (x_tilde == 2).all() and mask.all()


def test_the_mask_is_not_clipped_with_the_image() -> None:
    trace = Corruptions({"block": Block(0.5, value=9.0, clip=[0.0, 0.5])})(rows((1, 6, 6)))
    assert trace["x_tilde"].max() == 0.5 and trace["mask"].max() == 1


def test_grows_with_a_schedule() -> None:
    block = Block(Linear(0.0, 1.0))
    clock, areas = Clock(block), []
    for progress in (0.0, 0.25, 0.5, 1.0):
        clock.set(progress)
        _, mask = block(torch.ones(3, 1, 8, 12))
        areas.append(mask.sum((1, 2, 3)).tolist())
    assert areas == [[0.0] * 3, [6.0] * 3, [24.0] * 3, [96.0] * 3]


def test_takes_images_only() -> None:
    assert Block(0.3).output_shape((3, 8, 5)) == (3, 8, 5)
    with pytest.raises(ValueError) as caught:
        Block(0.3).output_shape((7,))
    assert str(caught.value) == "a block is cut out of images; these rows are vectors [7]"


def test_gives_its_mask_to_the_trace() -> None:
    assert Block(0.3).gives == ("mask",)
