"""What corruptions share: composition in order, merged masks, clips, schedules, use."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from aelab.colour import luma
from aelab.corruption.block import Block
from aelab.corruption.corruption import Corruption, Corruptions
from aelab.corruption.downsample import Downsample
from aelab.corruption.gaussian import Gaussian
from aelab.corruption.grayscale import Grayscale
from aelab.corruption.masking import Masking
from aelab.corruption.salt_and_pepper import SaltAndPepper
from aelab.schedule import Clock, Linear


class Add(Corruption):
    """x + 1"""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1


class Double(Corruption):
    """2x"""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


class Halve(Corruption):
    """Every second pixel along both sides."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        c, h, w = shape
        return c, (h + 1) // 2, (w + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        return x[..., ::2, ::2]


class Hide(Corruption):
    """Zeros one column."""

    gives = ("mask",)

    def __init__(self, column: int, **settings: Any) -> None:
        super().__init__(1.0, **settings)
        self.column = column

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mask = torch.zeros_like(x[:, :1])
        mask[..., self.column] = 1
        return x * (1 - mask), mask


def test_none_at_all_leaves_x_as_it_is(x: Tensor) -> None:
    chain = Corruptions({})
    assert chain(x) == {"x_tilde": x} and chain.gives == ("x_tilde",)
    assert chain.output_shape((1, 2, 3)) == (1, 2, 3)


def test_compose_in_order(x: Tensor) -> None:
    assert torch.equal(Corruptions({"add": Add(1), "twice": Double(1)})(x)["x_tilde"], 2 * (x + 1))
    assert torch.equal(Corruptions({"twice": Double(1), "add": Add(1)})(x)["x_tilde"], 2 * x + 1)


def test_may_be_called_anything() -> None:
    """Also what PyTorch's modules have a method of that name for."""
    x = torch.rand(2, 3)
    chain = Corruptions({"half": Add(1), "values": Double(1), "train": Add(1)})
    assert torch.equal(chain(x)["x_tilde"], 2 * (x + 1) + 1)


def test_each_clips_before_the_next(x: Tensor) -> None:
    chain = Corruptions({"add": Add(1, clip=[0.0, 1.5]), "twice": Double(1, clip=[2.5, 9.0])})
    assert torch.equal(chain(x)["x_tilde"], (2 * (x + 1).clamp(max=1.5)).clamp(min=2.5))


def test_leave_x_itself_alone(x: Tensor) -> None:
    before = x.clone()
    chain = {"gaussian": Gaussian(0.5, clip=[0.0, 1.0]), "masking": Masking(0.5), "salt": SaltAndPepper(0.5)}
    Corruptions(chain)(x)
    assert torch.equal(x, before)


def test_masks_are_merged() -> None:
    x = torch.ones(2, 3, 4, 5)
    trace = Corruptions({"one": Hide(0), "add": Add(1), "two": Hide(3), "again": Hide(3)})(x)
    assert trace["mask"].shape == (2, 1, 4, 5)
    assert trace["mask"][1, 0, 2].tolist() == [1, 0, 0, 1, 0]
    assert trace["x_tilde"][0, 2, 1].tolist() == [1, 2, 2, 0, 2]  # the first was covered before 1 was added


def test_gives_each_entry_once() -> None:
    assert Corruptions({"gaussian": Gaussian(1)}).gives == ("x_tilde",)
    assert Corruptions({"one": Hide(0), "add": Add(1), "two": Hide(1)}).gives == ("x_tilde", "mask")


def test_shapes_go_through_the_chain() -> None:
    chain = Corruptions({"halve": Halve(1), "block": Block(0.5), "again": Halve(1)})
    assert chain.output_shape((3, 9, 6)) == (3, 3, 2)
    trace = chain(torch.ones(2, 3, 9, 6))
    assert trace["x_tilde"].shape == (2, 3, 3, 2) and trace["mask"].shape == (2, 1, 5, 3)


def test_in_use_only_what_is_always_there() -> None:
    x = torch.ones(1, 1, 1, 4)
    chain = Corruptions(
        {"hide": Hide(0), "add": Add(1, always=True), "twice": Double(1), "two": Hide(2, always=True)}
    )
    assert chain(x)["x_tilde"].flatten().tolist() == [2, 4, 0, 4]
    used = chain(x, in_use=True)
    assert used["x_tilde"].flatten().tolist() == [2, 2, 0, 2] and used["mask"].flatten().tolist() == [
        0,
        0,
        1,
        0,
    ]
    nothing = Corruptions({"hide": Hide(0), "twice": Double(1)})(x, in_use=True)
    assert nothing == {"x_tilde": x}


@pytest.mark.parametrize("make", [Gaussian, Masking, SaltAndPepper])
def test_the_same_seed_draws_the_same_and_another_does_not(
    x: Tensor, make: Callable[..., Corruption]
) -> None:
    chain = Corruptions({"one": make(0.3), "two": make(0.4)})
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(chain(x)["x_tilde"])
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(chain(x)["x_tilde"], chain(x)["x_tilde"])  # anew every time


def test_a_scheduled_strength_follows_the_clock(x: Tensor) -> None:
    chain = Corruptions({"masking": Masking(Linear(0.0, 1.0))})
    clock, fractions = Clock(chain), []
    for progress in (0.0, 0.5, 1.0):
        clock.set(progress)
        fractions.append((chain(x)["x_tilde"] == 0).float().mean().item())
    assert fractions[0] == 0 and fractions[2] == 1
    assert fractions[1] == pytest.approx(0.5, abs=5 * 0.5 / x.numel() ** 0.5)


@pytest.mark.parametrize("strength", [Linear(0.0, 1.5), Linear(-0.5, 0.5)])
def test_both_ends_of_a_schedule_must_be_allowed(strength: Linear) -> None:
    with pytest.raises(ValueError) as caught:
        Masking(strength)
    assert str(caught.value) == f"strength must lie in [0, 1], got {strength}"
    assert str(strength.start) in str(caught.value) and str(strength.end) in str(caught.value)


def test_an_unset_strength_is_no_strength() -> None:
    with pytest.raises(ValueError, match=r"strength must lie in \[0, 1\], got nan"):
        Masking(float("nan"))


@pytest.mark.parametrize("clip", [[1.0, 0.0], [0.5, 0.5], [1.0], [0.0, 0.5, 1.0], []])
def test_a_clip_is_a_pair_in_order(clip: list[float]) -> None:
    with pytest.raises(ValueError) as caught:
        Gaussian(0.1, clip=clip)
    assert str(caught.value) == f"clip takes [low, high] with low < high, or null, got {clip}"


def test_a_users_own_photo_is_corrupted_by_what_is_always_there() -> None:
    x = torch.rand(1, 3, 8, 6)
    parts = {"add": Add(1.0), "double": Double(1.0, always=True), "masking": Masking(1.0)}
    assert torch.equal(Corruptions(parts).enter(x)["x_tilde"], 2 * x)
    assert list(Corruptions({"block": Block(0.5, always=True)}).enter(x)) == ["mask", "x_tilde"]


@pytest.mark.parametrize("always", [False, True])
def test_it_comes_to_the_encoder_in_the_shape_that_this_takes(always: bool) -> None:
    x = torch.rand(1, 3, 8, 6)
    larger = Corruptions({"downsample": Downsample(2, always=always), "gaussian": Gaussian(9.0)})
    assert larger.enter(x)["x_tilde"].shape == (1, 3, 16, 12) and larger.multiple == 2
    small = Corruptions({"downsample": Downsample(2, enlarge="none", always=always)})
    assert torch.equal(small.enter(x)["x_tilde"], x)
    grey = Corruptions({"grayscale": Grayscale(always=always)})
    assert torch.equal(grey.enter(x)["x_tilde"], luma(x))
