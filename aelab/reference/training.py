"""The one training of a reference classifier."""

from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from aelab.dataset.augment import shift
from aelab.dataset.dataset import Dataset
from aelab.reference.classifier import Classifier

SEED = 0
BATCH = 128
EPOCHS = 5
LEAST = 400
"""Steps, where the data is so small that EPOCHS makes fewer."""
RATE = 3e-3
DECAY = 0.05
WARMUP = 0.1
"""Share of the steps in which the rate rises; then it falls to 0 as a cosine does."""


def train(dataset: Dataset, rows: Tensor, classes: int, device: torch.device) -> Classifier:
    """A classifier of these rows [n], every image shifted at random; leaves the global random state alone."""
    assert dataset.rows.y is not None
    y = dataset.rows.y.cpu()
    with (
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast(device.type, enabled=False),
    ):
        torch.manual_seed(SEED)
        net = Classifier(dataset.shape, classes)
        net.mean, net.std = moments(dataset, rows)
        net.to(device).train()
        pieces = ceil(len(rows) / BATCH)
        epochs = max(EPOCHS, ceil(LEAST / pieces))
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        rate = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, RATE, epochs * pieces, pct_start=WARMUP, cycle_momentum=False
        )
        for _ in range(epochs):
            for part in rows[torch.randperm(len(rows))].tensor_split(pieces):
                raw = dataset.stored(part).to(device).float()
                raw = shift(raw, by=max(1, min(dataset.shape[1:]) // 14))
                loss = F.cross_entropy(net(raw), y[part].to(device))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                rate.step()
    return net.eval().requires_grad_(False)


def moments(dataset: Dataset, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel over these rows, each [c, 1, 1]; 1 for a constant one."""
    sums = torch.zeros(2, dataset.shape[0], dtype=torch.float64)
    for piece in rows.split(4096):
        raw = dataset.stored(piece).cpu().double()
        sums += torch.stack([raw.sum((0, 2, 3)), raw.square().sum((0, 2, 3))])
    mean, square = sums / (len(rows) * dataset.shape[1] * dataset.shape[2])
    std = (square - mean**2).clamp_min(0).sqrt()
    std = torch.where(std > 0, std, 1.0)
    return mean.float().view(-1, 1, 1), std.float().view(-1, 1, 1)


@torch.no_grad()
def error(net: Classifier, dataset: Dataset, rows: Tensor) -> float | None:
    """Share of these rows [n] that it takes for another class; None where there are none."""
    assert dataset.rows.y is not None
    y, device = dataset.rows.y.cpu(), net.mean.device
    wrong = 0
    for part in rows.split(1000):
        said = net(dataset.stored(part).to(device).float()).argmax(1).cpu()
        wrong += int((said != y[part]).sum())
    return wrong / len(rows) if len(rows) else None
