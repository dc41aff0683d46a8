"""Augmentations: whole minibatches on the device, every image by its own draw."""

import torch
import torch.nn.functional as F
from torch import Tensor


def flip(x: Tensor) -> Tensor:
    """Mirror every image left to right with probability ½."""
    mirrored = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
    return torch.where(mirrored, x.flip(3), x)


def rotate(x: Tensor) -> Tensor:
    """Turn every square image by 0 to 3 quarters; with `flip`, all eight of its poses are as likely."""
    turns = torch.randint(0, 4, (len(x), 1, 1, 1), device=x.device)
    for quarters in range(1, 4):
        x = torch.where(turns >= quarters, x.rot90(1, (2, 3)), x)
    return x


def shift(x: Tensor, by: int = 2) -> Tensor:
    """Move every image by −`by`..`by` pixels in both directions, its border repeated."""
    b, c, h, w = x.shape
    padded = F.pad(x, (by, by, by, by), mode="replicate")  # [b, c, h + 2·by, w + 2·by]
    down, right = torch.randint(0, 2 * by + 1, (2, b, 1), device=x.device)
    rows = (down + torch.arange(h, device=x.device))[:, None, :, None]  # [b, 1, h, 1]
    columns = (right + torch.arange(w, device=x.device))[:, None, None, :]  # [b, 1, 1, w]
    samples = torch.arange(b, device=x.device)[:, None, None, None]
    channels = torch.arange(c, device=x.device)[None, :, None, None]
    return padded[samples, channels, rows, columns]
