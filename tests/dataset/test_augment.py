"""Augmentations: every image by its own draw, no pixel invented."""

import torch

from aelab.dataset.augment import flip, rotate, shift


def test_flip_mirrors_about_half_of_the_images_left_to_right() -> None:
    torch.manual_seed(0)
    x = torch.rand(2000, 3, 4, 5)
    y = flip(x)
    mirrored = (y == x.flip(3)).flatten(1).all(1)
    same = (y == x).flatten(1).all(1)
    assert (mirrored ^ same).all()
    assert 900 < mirrored.sum() < 1100


def test_rotate_turns_by_every_quarter_alike() -> None:
    torch.manual_seed(0)
    x = torch.rand(4000, 3, 5, 5)
    y = rotate(x)
    turned = torch.stack([(y == x.rot90(quarters, (2, 3))).flatten(1).all(1) for quarters in range(4)])
    assert (turned.sum(0) == 1).all()
    assert turned.sum(1).min() > 900 and turned.sum(1).max() < 1100


def test_shift_moves_by_every_offset_alike_and_repeats_the_border() -> None:
    torch.manual_seed(0)
    h, w = 6, 7
    x = torch.arange(h * w, dtype=torch.float32).view(1, 1, h, w).repeat(5000, 2, 1, 1)
    y = shift(x, by=2)
    count = torch.zeros(5, 5)
    for down in range(-2, 3):
        for right in range(-2, 3):
            rows = (torch.arange(h) + down).clamp(0, h - 1)
            columns = (torch.arange(w) + right).clamp(0, w - 1)
            moved = x[:1, :, rows][:, :, :, columns]
            count[down + 2, right + 2] = (y == moved).flatten(1).all(1).sum()
    assert count.sum() == 5000  # each image is one of the 25 moves, all channels together
    assert count.min() > 140 and count.max() < 260  # 200 of each expected
