"""Shapes in colour: the mask is the sprite's, the colour the attributes', the background the two waves'."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from aelab.dataset.coloured_shapes import LIKENESSES, MUTED, ColouredShapes
from aelab.dataset.dataset import Dataset
from aelab.dataset.shapes import ellipse, heart, square

Make = Callable[..., Dataset]


@pytest.fixture(scope="module")
def data() -> Any:
    return ColouredShapes(200).setup()


def test_a_segment_is_the_sprite_of_the_same_factors(data: Any, dataset: Make) -> None:
    plain = dataset("shapes", "n=200").setup()
    rows = torch.arange(200)
    known = data.beside(rows)
    assert set(known) == data.knows == {"factors", "attributes", "segment"}
    assert set(data.rows.y[:20].tolist()) == {0, 1, 2}  # in no order
    factors = plain.rows.factors
    assert factors is not None
    same = (known["factors"][:, None] == factors).all(2)  # [200, 200]
    assert torch.equal(same.sum(1), torch.ones(200, dtype=torch.int64))
    assert torch.equal(known["segment"], plain.batch(same.int().argmax(1))[0])
    assert torch.equal(data.rows.y, known["factors"][:, 0])


def test_the_foreground_has_the_colour_that_the_attributes_say(data: Any) -> None:
    rows = torch.tensor([7, 199, 7])
    (x, _), known = data.batch(rows), data.beside(rows)
    assert x.shape == (3, 3, 64, 64) and torch.equal(x[0], x[2]) and not torch.equal(x[0], x[1])
    for image, segment, attributes in zip(x, known["segment"], known["attributes"], strict=True):
        inside = image[:, segment[0] == 1]  # [3, pixels]
        assert (inside - attributes[3:6, None]).abs().max() <= 0.5 / 255 + 1e-6
        outside = image[:, segment[0] == 0]
        assert outside.min() >= MUTED[0] - 0.002 and outside.max() <= MUTED[1] + 0.002


def test_attributes_are_the_factors(data: Any) -> None:
    names, attributes = data.rows.attribute_names, data.rows.attributes
    assert names[:3] == data.rows.classes and attributes.shape == (200, len(names))
    column = dict(zip(names, attributes.T, strict=True))
    factors = dict(zip(data.rows.factor_names, data.rows.factors.T, strict=True))
    assert torch.equal(attributes[:, :3].argmax(1), factors["shape"])
    assert torch.equal(attributes[:, :3].sum(1), torch.ones(200))
    for name, last in (("scale", 5), ("position_x", 31), ("position_y", 31)):
        torch.testing.assert_close(column[name] * last, factors[name].float())
    turn = torch.complex(2 * column["orientation_cos"] - 1, 2 * column["orientation_sin"] - 1)
    times = torch.tensor(LIKENESSES)[factors["shape"]]
    whole = torch.exp(2j * math.pi * times * factors["orientation"] / 39)
    torch.testing.assert_close(turn, whole.to(turn.dtype), atol=1e-5, rtol=0)
    assert attributes.min() >= 0 and attributes.max() <= 1


@pytest.mark.parametrize(("inside", "times"), [*zip((square, ellipse, heart), LIKENESSES, strict=True)])
def test_a_shape_looks_the_same_that_often_in_a_turn(inside: Callable[..., Tensor], times: int) -> None:
    place = 30 * torch.rand(2, 2000, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 15
    whole = inside(*place)
    alike = [torch.equal(whole, inside(*turned(place, step * math.pi / 4))) for step in range(1, 9)]
    assert alike == [step % (8 // times) == 0 for step in range(1, 9)]


def turned(place: Tensor, angle: float) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=place.dtype) @ place


def test_a_background_pixel_is_the_formula(data: Any) -> None:
    row, right, down = 11, 60, 2
    a, b = data.pair[row].tolist()
    waves = [f * right / 63 + g * down / 63 + phase for f, g, phase in data.waves[row].tolist()]
    t = 0.5 + 0.25 * sum(math.sin(2 * math.pi * turns) for turns in waves)
    assert data.segment(torch.tensor([row]))[0, 0, down, right] == 0
    found = data.stored(torch.tensor([row]))[0, :, down, right].tolist()
    assert found == pytest.approx([255 * (p + (q - p) * t) for p, q in zip(a, b, strict=True)], abs=0.51)


def test_the_split_seed_draws_it(data: Any, dataset: Make) -> None:
    rows = torch.arange(5)
    again, other = (dataset("coloured_shapes", "n=200", f"split_seed={seed}").setup() for seed in (0, 1))
    assert torch.equal(again.stored(rows), data.stored(rows))
    assert not torch.equal(other.stored(rows), data.stored(rows))
    assert data.is_unit and data.ends == (0, 255) and data.shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("augment=[flip]", r"augment: \['flip'\] would part images from their masks and positions"),
        ("binarize=static", "binarize: static needs images that lie in memory as they are; use dynamic"),
        ("n=3", "n must lie between 10 and 737280"),
    ],
)
def test_refusals(setting: str, said: str, dataset: Make) -> None:
    with pytest.raises(Exception, match=said):
        dataset("coloured_shapes", setting)
