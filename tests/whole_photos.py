"""A small system of photos that a test wrote, with nets that give x̃ or what a test says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.photos import Photos
from aelab.loss.mse import MSE
from aelab.metric.metric import Metric
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.objective import Objective
from aelab.system import System

SIZES = [(25, 18), (16, 31), (20, 20), (33, 17), (24, 16), (18, 18), (29, 22), (16, 16)]


def write(folder: Path, mode: str = "RGB") -> None:
    """Smooth photos of several sizes, the last three to test."""
    for i, (h, w) in enumerate(SIZES):
        down, along = np.mgrid[:h, :w]
        phases = np.arange(3) + i
        shades = 127 + 100 * np.sin(down[..., None] / 4 + phases) * np.cos(along[..., None] / 5 - phases)
        pixels = Image.fromarray(shades.astype(np.uint8)).convert(mode)
        path = folder / ("test" if i > 4 else "train") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels.save(path)


def photos(folder: Path, **settings: Any) -> Photos:
    defaults: dict[str, Any] = {
        "size": 8,
        "stride": None,
        "count": None,
        "scale": 1.0,
        "colours": "rgb",
        "overlap": 0.5,
        "folders": None,
        "skip_unreadable": False,
        "memory": 4.0,
        "val_fraction": 0.3,
    }
    data = Photos(**(defaults | settings), root=str(folder))
    data.setup()
    return data


def system_of(
    data: Photos,
    metrics: Mapping[str, Metric] | None = None,
    net: nn.Module | None = None,
    **corruption: Corruption,
) -> System:
    """x̂ = net(x̃), x̃ where there is none."""
    torch.manual_seed(0)
    chain = Corruptions(corruption)
    shape = chain.output_shape(data.shape)
    n = int(np.prod(shape))
    decoder = nn.Sequential(nn.Unflatten(1, shape), net or nn.Identity())
    model = Autoencoder(nn.Flatten(), Deterministic(n), Normal(n), decoder)
    return System(data, chain, model, Objective({"mse": MSE()}), dict(metrics or {}))
